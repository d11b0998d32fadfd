import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.JetStream;
import io.nats.client.Message;
import io.nats.client.PublishOptions;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What a publisher is told. */
final class Publishing {
    private Publishing() {}

    static void list(Map<String, Scenario> all) {
        all.put("publish with options", Publishing::options);
        all.put("publish with headers and a lifetime", Publishing::headers);
        all.put("publish asynchronously", Publishing::asynchronously);
        all.put("publish from many threads", Publishing::threads);
    }

    private static void options(House house) throws Exception {
        try (Connection nc = house.connect()) {
            House.stream(nc, "javapublish");
            JetStream js = nc.jetStream();
            var once = PublishOptions.builder().messageId("a").expectedStream("javapublish").build();
            Check.same("sequence", 1L, js.publish("javapublish.x", null, once).getSeqno());
            Check.that(js.publish("javapublish.x", null, once).isDuplicate(), "no duplicate");
            Check.same("sequence", 2L, js.publish("javapublish.x", null, PublishOptions.builder().expectedLastSequence(1).build()).getSeqno());
            House.refused(10071, () -> js.publish("javapublish.x", null, PublishOptions.builder().expectedLastSequence(1).build()));
            House.refused(10060, () -> js.publish("javapublish.x", null, PublishOptions.builder().expectedStream("other").build()));
            House.refused(10166, () -> js.publish("javapublish.x", null, PublishOptions.builder().messageTtlSeconds(60).build()));
            house.left(nc, "javapublish", 2);
        }
    }

    private static void headers(House house) throws Exception {
        try (Connection nc = house.connect()) {
            var jsm = nc.jetStreamManagement();
            jsm.addStream(House.settings("javaheaders").allowMessageTtl().build());
            Headers h = new Headers().add("K", "v", "w").add("Empty", "");
            nc.jetStream().publish("javaheaders.x", h, new byte[] {1, 0, -1}, PublishOptions.builder().messageTtlSeconds(3600).build());
            MessageInfo kept = jsm.getMessage("javaheaders", 1);
            Check.same("lifetime", "3600s", kept.getHeaders().getFirst("Nats-TTL"));
            ConsumerContext c = nc.getStreamContext("javaheaders").createOrUpdateConsumer(ConsumerConfiguration.builder().durable("c").build());
            Message m = c.next(Duration.ofSeconds(Check.PATIENCE));
            Check.same("body", new byte[] {1, 0, -1}, m.getData());
            Check.same("values", List.of("v", "w"), m.getHeaders().get("K"));
            Check.same("empty value", "", m.getHeaders().getFirst("Empty"));
            m.ackSync(Duration.ofSeconds(Check.PATIENCE));
        }
    }

    private static void asynchronously(House house) throws Exception {
        try (Connection nc = house.connect()) {
            House.stream(nc, "javaasync");
            List<CompletableFuture<PublishAck>> acks = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                acks.add(nc.jetStream().publishAsync("javaasync.x", new byte[128]));
            }
            for (int i = 0; i < 1000; i++) {
                Check.same("sequence", i + 1L, acks.get(i).get().getSeqno());
            }
        }
    }

    private static void threads(House house) throws Exception {
        var pool = Executors.newFixedThreadPool(16);
        try (Connection nc = house.connect()) {
            House.stream(nc, "javathreads");
            List<Future<Long>> acks = new ArrayList<>();
            for (int i = 0; i < 320; i++) {
                acks.add(pool.submit(() -> nc.jetStream().publish("javathreads.x", null).getSeqno()));
            }
            Set<Long> sequences = new HashSet<>();
            for (Future<Long> ack : acks) {
                sequences.add(ack.get());
            }
            Check.same("sequences", 320, sequences.size());
            house.left(nc, "javathreads", 320);
        } finally {
            pool.shutdown();
        }
    }
}
