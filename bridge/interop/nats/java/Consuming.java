import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.FetchConsumeOptions;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.ConsumerConfiguration;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Pull and push consumers, what becomes of a message, and a restart below them. */
final class Consuming {
    private static final Duration PATIENCE = Duration.ofSeconds(Check.PATIENCE);

    private Consuming() {}

    static void list(Map<String, Scenario> all) {
        all.put("pull subscription", Consuming::pull);
        all.put("simplified API", Consuming::simplified);
        all.put("settling", Consuming::settling);
        all.put("in progress", Consuming::inProgress);
        all.put("push subscription", Consuming::push);
        all.put("push to a queue group", Consuming::pushGroup);
        all.put("restart", Consuming::restart);
    }

    private static void fill(Connection nc, String stream, int n) throws Exception {
        for (int i = 0; i < n; i++) {
            nc.jetStream().publish(stream + ".x", new byte[] {(byte) i});
        }
    }

    private static ConsumerContext consumer(Connection nc, String stream, ConsumerConfiguration.Builder settings) throws Exception {
        House.stream(nc, stream);
        return nc.getStreamContext(stream).createOrUpdateConsumer(settings.durable("c").build());
    }

    private static void pull(House house) throws Exception {
        try (Connection nc = house.connect()) {
            House.stream(nc, "javapull");
            fill(nc, "javapull", 20);
            JetStreamSubscription s = nc.jetStream().subscribe("javapull.>", PullSubscribeOptions.builder().durable("c").build());
            int n = 0;
            for (Message m : s.fetch(10, PATIENCE)) {
                Check.same("body", new byte[] {(byte) n++}, m.getData());
                m.ackSync(PATIENCE);
            }
            Check.same("fetched", 10, n);
            for (var each = s.iterate(10, PATIENCE); n < 20 && each.hasNext(); n++) {
                each.next().ackSync(PATIENCE);
            }
            Check.same("taken", 20, n);
            Check.same("nothing there", 0, s.fetch(5, Duration.ofMillis(300)).size());
            house.left(nc, "javapull", 0);
        }
    }

    private static void simplified(House house) throws Exception {
        try (Connection nc = house.connect()) {
            ConsumerContext c = consumer(nc, "javasimple", ConsumerConfiguration.builder());
            fill(nc, "javasimple", 31);
            c.next(PATIENCE).ackSync(PATIENCE);
            int n = 0;
            try (var some = c.fetch(FetchConsumeOptions.builder().maxMessages(10).expiresIn(PATIENCE.toMillis()).build())) {
                for (Message m = some.nextMessage(); m != null; m = some.nextMessage()) {
                    m.ackSync(PATIENCE);
                    n++;
                }
            }
            Check.same("fetched", 10, n);
            try (var each = c.iterate()) {
                for (; n < 20; n++) {
                    each.nextMessage(PATIENCE).ackSync(PATIENCE);
                }
            }
            house.left(nc, "javasimple", 10);
            // What the iterator had asked for and not handed on comes back with the end of its consumer.
            nc.getStreamContext("javasimple").deleteConsumer("c");
            c = nc.getStreamContext("javasimple").createOrUpdateConsumer(ConsumerConfiguration.builder().durable("c").build());
            CountDownLatch rest = new CountDownLatch(10);
            try (var all = c.consume(m -> {
                m.ack();
                rest.countDown();
            })) {
                Check.that(rest.await(Check.PATIENCE, TimeUnit.SECONDS), "the rest did not come");
            }
        }
    }

    private static void settling(House house) throws Exception {
        try (Connection nc = house.connect()) {
            ConsumerContext c = consumer(nc, "javasettle", ConsumerConfiguration.builder());
            fill(nc, "javasettle", 1);
            c.next(PATIENCE).nak();
            Message m = c.next(PATIENCE);
            Check.same("deliveries", 2L, m.metaData().deliveredCount());
            m.nakWithDelay(100);
            m = c.next(PATIENCE);
            Check.same("deliveries", 3L, m.metaData().deliveredCount());
            m.term();
            House.nothingComes(c);
            fill(nc, "javasettle", 1);
            m = c.next(PATIENCE);
            m.nakWithDelay(Duration.ofHours(1));
            House.nothingComes(c);
            house.left(nc, "javasettle", 1);
            nc.jetStreamManagement().purgeStream("javasettle");
            house.left(nc, "javasettle", 0);
        }
    }

    /** What another message of the same lease goes through tells the time. */
    private static void inProgress(House house) throws Exception {
        var clock = Executors.newSingleThreadScheduledExecutor();
        try (Connection nc = house.connect()) {
            ConsumerContext c = consumer(nc, "javaprogress", ConsumerConfiguration.builder().ackWait(10_000));
            fill(nc, "javaprogress", 2);
            Message kept = c.next(PATIENCE);
            c.next(PATIENCE);
            clock.scheduleAtFixedRate(kept::inProgress, 0, 100, TimeUnit.MILLISECONDS);
            Message lost = c.next(PATIENCE);
            Check.same("body", new byte[] {1}, lost.getData());
            Check.same("deliveries", 2L, lost.metaData().deliveredCount());
            clock.shutdown();
            Check.that(clock.awaitTermination(Check.PATIENCE, TimeUnit.SECONDS), "still at work");
            kept.ackSync(PATIENCE);
            house.left(nc, "javaprogress", 1);
        } finally {
            clock.shutdown();
        }
    }

    private static void push(House house) throws Exception {
        try (Connection nc = house.connect()) {
            House.stream(nc, "javapush");
            var settings = ConsumerConfiguration.builder().durable("c").flowControl(1000);
            JetStreamSubscription s = nc.jetStream().subscribe("javapush.>", PushSubscribeOptions.builder().configuration(settings.build()).build());
            fill(nc, "javapush", 60);
            for (int i = 0; i < 60; i++) {
                Message m = s.nextMessage(PATIENCE);
                Check.same("body", new byte[] {(byte) i}, m.getData());
                m.ackSync(PATIENCE);
            }
            house.left(nc, "javapush", 0);
        }
    }

    private static void pushGroup(House house) throws Exception {
        try (Connection nc = house.connect()) {
            House.stream(nc, "javagroup");
            BlockingQueue<Message> got = new LinkedBlockingQueue<>();
            var options = PushSubscribeOptions.builder().durable("c").build();
            for (int i = 0; i < 3; i++) {
                nc.jetStream().subscribe("javagroup.>", "workers", nc.createDispatcher(), got::add, false, options);
            }
            fill(nc, "javagroup", 60);
            for (int i = 0; i < 60; i++) {
                Message m = Check.next("message", got);
                Check.same("deliveries", 1L, m.metaData().deliveredCount());
                m.ackSync(PATIENCE);
            }
            house.left(nc, "javagroup", 0);
        }
    }

    private static void restart(House house) throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        try (Connection nc = Nats.connect(House.options().server(house.url()).maxReconnects(-1).reconnectWait(Duration.ofMillis(50))
                .connectionListener((c, event) -> {
                    if (event == io.nats.client.ConnectionListener.Events.RECONNECTED) {
                        back.countDown();
                    }
                }).build())) {
            ConsumerContext c = consumer(nc, "javarestart", ConsumerConfiguration.builder());
            fill(nc, "javarestart", 2);
            Message held = c.next(PATIENCE);
            house.pull("stop");
            house.pull("start");
            Check.that(back.await(Check.PATIENCE, TimeUnit.SECONDS), "not connected again");
            held.ackSync(PATIENCE);
            c.next(PATIENCE).ackSync(PATIENCE);
            fill(nc, "javarestart", 1);
            c.next(PATIENCE).ackSync(PATIENCE);
            house.left(nc, "javarestart", 0);
        }
    }
}
