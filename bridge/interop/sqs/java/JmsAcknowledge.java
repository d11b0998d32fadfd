import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The ways to acknowledge. The queues hold what is not acknowledged for ten minutes, so that what comes again was given back. */
final class JmsAcknowledge {
    private JmsAcknowledge() {}

    private static String queue(House house, String name) {
        return house.queue(name, Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
    }

    /** Acknowledges all that came before, in batches of ten; the rest comes again after recover. */
    static void client(House house) throws Exception {
        String url = queue(house, "jms-client-ack");
        try (JmsDesk desk = JmsDesk.open(house, Session.CLIENT_ACKNOWLEDGE)) {
            desk.sendTexts("jms-client-ack", null, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m");
            MessageConsumer consumer = desk.consumer("jms-client-ack");
            List<Message> got = JmsDesk.receive(consumer, 13);
            house.holds(url, 0, 13, 0);
            got.get(11).acknowledge();
            house.holds(url, 0, 1, 0);
            desk.session.recover();
            Message last = JmsDesk.receive(consumer);
            Check.same("what comes again", JmsDesk.text(got.get(12)), JmsDesk.text(last));
            JmsDesk.delivered(last, 2);
            last.acknowledge();
            Check.same("one more", null, consumer.receiveNoWait());
        }
        house.isEmpty(url);
    }

    /** Acknowledges one message alone. */
    static void unordered(House house) throws Exception {
        String url = queue(house, "jms-unordered-ack");
        try (JmsDesk desk = JmsDesk.open(house, JmsDesk.UNORDERED)) {
            desk.sendTexts("jms-unordered-ack", null, "a", "b", "c");
            MessageConsumer consumer = desk.consumer("jms-unordered-ack");
            List<Message> got = JmsDesk.receive(consumer, 3);
            got.get(1).acknowledge();
            house.holds(url, 0, 2, 0);
            desk.session.recover();
            List<Message> again = JmsDesk.receive(consumer, 2);
            Check.same("what comes again", new TreeSet<>(List.of(JmsDesk.text(got.get(0)), JmsDesk.text(got.get(2)))), new TreeSet<>(JmsDesk.texts(again)));
            for (Message m : again) {
                JmsDesk.delivered(m, 2);
                m.acknowledge();
            }
        }
        house.isEmpty(url);
    }

    /** What receive returns is acknowledged already. */
    static void auto(House house) throws Exception {
        String url = queue(house, "jms-auto-ack");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            desk.sendTexts("jms-auto-ack", null, "a", "b");
            MessageConsumer consumer = desk.consumer("jms-auto-ack");
            JmsDesk.receive(consumer);
            house.holds(url, 1, 0, 0);
            desk.session.recover();
            JmsDesk.receive(consumer);
            Check.same("one more", null, consumer.receiveNoWait());
        }
        house.isEmpty(url);
    }

    /**
     * A consumer that fetches five ahead gives them all back when it is closed, and what was not
     * acknowledged as well. The sixth message is there to end the last long poll.
     */
    static void prefetch(House house) throws Exception {
        String url = queue(house, "jms-prefetch");
        String received;
        try (JmsDesk desk = JmsDesk.open(house.sqs(), Session.CLIENT_ACKNOWLEDGE, 5)) {
            desk.sendTexts("jms-prefetch", null, "a", "b", "c", "d", "e", "f");
            received = JmsDesk.text(JmsDesk.receive(desk.consumer("jms-prefetch")));
        }
        house.holds(url, 6, 0, 0);
        try (JmsDesk desk = JmsDesk.open(house, Session.CLIENT_ACKNOWLEDGE)) {
            List<Message> all = JmsDesk.receive(desk.consumer("jms-prefetch"), 6);
            Check.same("texts", List.of("a", "b", "c", "d", "e", "f"), JmsDesk.texts(all).stream().sorted().toList());
            for (Message m : all) {
                if (JmsDesk.text(m).equals(received)) {
                    JmsDesk.delivered(m, 2);
                }
            }
            all.get(5).acknowledge();
        }
        house.isEmpty(url);
    }
}
