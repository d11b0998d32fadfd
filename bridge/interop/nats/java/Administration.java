import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.PurgeOptions;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.ObjectStoreConfiguration;
import io.nats.client.api.OrderedConsumerConfiguration;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;

/** Streams, consumers and single messages: made, changed, looked at, removed, refused. */
final class Administration {
    private Administration() {}

    static void list(Map<String, Scenario> all) {
        all.put("administration of streams", Administration::streams);
        all.put("administration of messages", Administration::messages);
        all.put("administration of consumers", Administration::consumers);
        all.put("refused stores", Administration::stores);
        all.put("refused consumers", Administration::refusals);
    }

    private static void streams(House house) throws Exception {
        try (Connection nc = house.connect()) {
            JetStreamManagement jsm = House.stream(nc, "javastreams");
            Check.same("max_msgs", 5L, jsm.updateStream(House.settings("javastreams").maxMessages(5).build()).getConfiguration().getMaxMsgs());
            Check.that(jsm.getStreamNames().contains("javastreams"), "not among the names");
            Check.same("the stream of a subject", List.of("javastreams"), jsm.getStreamNames("javastreams.x"));
            Check.that(jsm.getStreams().stream().anyMatch(s -> s.getConfiguration().getName().equals("javastreams")), "not listed");
            House.refused(10058, () -> jsm.addStream(House.settings("javastreams").maxMessages(9).build()));
            House.refused(10065, () -> jsm.addStream(House.settings("javaother").subjects("javastreams.x").build()));
            Check.that(jsm.getAccountStatistics().getStreams() > 0, "no streams in the account");
            Check.that(jsm.deleteStream("javastreams"), "not deleted");
            House.refused(10059, () -> jsm.getStreamInfo("javastreams"));
        }
    }

    private static void messages(House house) throws Exception {
        try (Connection nc = house.connect()) {
            JetStreamManagement jsm = House.stream(nc, "javamessages");
            for (int i = 0; i < 10; i++) {
                nc.jetStream().publish("javamessages." + i % 2, new byte[] {(byte) i});
            }
            Check.same("third", new byte[] {2}, jsm.getMessage("javamessages", 3).getData());
            Check.same("last", 9L, jsm.getLastMessage("javamessages", "javamessages.0").getSeq());
            Check.same("first", 2L, jsm.getFirstMessage("javamessages", "javamessages.1").getSeq());
            Check.same("next", 4L, jsm.getNextMessage("javamessages", 3, "javamessages.1").getSeq());
            Check.that(jsm.deleteMessage("javamessages", 1), "not deleted");
            House.refused(10037, () -> jsm.getMessage("javamessages", 1));
            Check.same("purged", 3L, jsm.purgeStream("javamessages", PurgeOptions.builder().subject("javamessages.1").keep(2).build()).getPurged());
            house.left(nc, "javamessages", 6);
            Check.same("purged", 6L, jsm.purgeStream("javamessages").getPurged());
        }
    }

    private static void consumers(House house) throws Exception {
        try (Connection nc = house.connect()) {
            JetStreamManagement jsm = House.stream(nc, "javaconsumers");
            var settings = ConsumerConfiguration.builder().durable("c").ackWait(Duration.ofSeconds(7)).filterSubject("javaconsumers.a");
            Check.same("ack_wait", Duration.ofSeconds(7), jsm.createConsumer("javaconsumers", settings.build()).getConsumerConfiguration().getAckWait());
            House.refused(10148, () -> jsm.createConsumer("javaconsumers", settings.ackWait(Duration.ofSeconds(9)).build()));
            Check.same("ack_wait", Duration.ofSeconds(9), jsm.updateConsumer("javaconsumers", settings.build()).getConsumerConfiguration().getAckWait());
            Check.same("names", List.of("c"), jsm.getConsumerNames("javaconsumers"));
            Check.same("consumers", 1, jsm.getConsumers("javaconsumers").size());
            Check.that(jsm.pauseConsumer("javaconsumers", "c", ZonedDateTime.now().plusHours(1)).isPaused(), "not paused");
            Check.that(jsm.resumeConsumer("javaconsumers", "c"), "not resumed");
            Check.that(jsm.deleteConsumer("javaconsumers", "c"), "not deleted");
            House.refused(10014, () -> jsm.getConsumerInfo("javaconsumers", "c"));
        }
    }

    private static void stores(House house) throws Exception {
        try (Connection nc = house.connect()) {
            house.answered("keyValue", () -> nc.keyValueManagement().create(KeyValueConfiguration.builder().name("java").build()));
            house.answered("objectStore", () -> nc.objectStoreManagement().create(ObjectStoreConfiguration.builder("java").build()));
        }
    }

    private static void refusals(House house) throws Exception {
        try (Connection nc = house.connect()) {
            JetStreamManagement jsm = House.stream(nc, "javarefuse");
            House.refused(10098, () -> jsm.createConsumer("javarefuse",
                    ConsumerConfiguration.builder().durable("c").deliverSubject("to.java").ackPolicy(AckPolicy.None).build()));
            // The library keeps to itself why its newer ordered consumer gets nothing; the server has none of it.
            jsm.addStream(House.settings("javaordered").build());
            nc.jetStream().publish("javaordered.x", null);
            var ordered = nc.getStreamContext("javaordered").createOrderedConsumer(new OrderedConsumerConfiguration());
            Check.that(ordered.next(1000) == null, "an ordered consumer of a work queue");
            Check.same("consumers", List.of(), jsm.getConsumerNames("javaordered"));
            House.refused(10098, () -> nc.jetStream().subscribe("javarefuse.>", PushSubscribeOptions.builder().ordered(true).build()));
            House.refused(10101, () -> jsm.createConsumer("javarefuse", ConsumerConfiguration.builder().durable("c").deliverPolicy(DeliverPolicy.New).build()));
            jsm.createConsumer("javarefuse", ConsumerConfiguration.builder().durable("c").build());
            House.refused(10099, () -> jsm.createConsumer("javarefuse", ConsumerConfiguration.builder().durable("d").build()));
        }
    }
}
