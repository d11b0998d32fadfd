import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Listeners, and the order of groups when a message is given back. */
final class JmsListener {
    private JmsListener() {}

    /** Listens until n messages have come, and throws the first time that it sees one of these texts. */
    private static List<String> listen(MessageConsumer consumer, int n, String failing) throws Exception {
        BlockingQueue<String> arrivals = new LinkedBlockingQueue<>();
        consumer.setMessageListener(m -> {
            String text = JmsDesk.text(m);
            int count = count(m);
            arrivals.add(text + " " + count);
            if (text.equals(failing) && count == 1) {
                throw new IllegalStateException("thrown on purpose");
            }
        });
        List<String> seen = new ArrayList<>();
        while (seen.size() < n) {
            String next = arrivals.poll(JmsDesk.PATIENCE, TimeUnit.MILLISECONDS);
            Check.that(next != null, "only these came: " + seen);
            seen.add(next);
        }
        return seen;
    }

    private static int count(Message m) {
        try {
            return m.getIntProperty("JMSXDeliveryCount");
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    static void throwing(House house) throws Exception {
        String url = house.queue("jms-listener", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        JmsDesk desk = JmsDesk.open(house.sqs(), Session.AUTO_ACKNOWLEDGE, 1);
        desk.sendTexts("jms-listener", null, "a", "b", "c");
        List<String> seen = listen(desk.consumer("jms-listener"), 4, "b");
        Collections.sort(seen);
        Check.same("texts and delivery counts", List.of("a 1", "b 1", "b 2", "c 1"), seen);
        desk.connection.stop(); // returns when the listener has
        house.isEmpty(url);
        JmsDesk.delete(house, url);
        desk.close();
    }

    /**
     * The message that fails and those of its group that were fetched behind it are given back in one batch, and come
     * again in order; another group is not held up.
     */
    static void fifo(House house) throws Exception {
        String name = "jms-listener.fifo";
        String url = house.queue(name, Map.of(QueueAttributeName.FIFO_QUEUE, "true", QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        JmsDesk desk = JmsDesk.open(house.sqs(), Session.AUTO_ACKNOWLEDGE, 10);
        desk.sendTexts(name, "g", "g1", "g2", "g3", "g4", "g5");
        desk.sendTexts(name, "h", "h1", "h2");
        List<String> seen = listen(desk.consumer(name), 8, "g2");
        List<String> texts = seen.stream().map(s -> s.substring(0, 2)).toList();
        Check.same("group g", List.of("g1", "g2", "g2", "g3", "g4", "g5"), texts.stream().filter(s -> s.startsWith("g")).toList());
        Check.same("group h", List.of("h1", "h2"), texts.stream().filter(s -> s.startsWith("h")).toList());
        Check.that(seen.contains("g2 2") && seen.contains("h2 1"), "the delivery counts are " + seen);
        desk.connection.stop();
        house.isEmpty(url);
        JmsDesk.delete(house, url);
        desk.close();
    }

    /** Recover drops what was fetched of the group, so that nothing overtakes what is given back. */
    static void recoverFifo(House house) throws Exception {
        String name = "jms-recover.fifo";
        String url = house.queue(name, Map.of(QueueAttributeName.FIFO_QUEUE, "true", QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        JmsDesk desk = JmsDesk.open(house.sqs(), Session.CLIENT_ACKNOWLEDGE, 10);
        TextMessage first = desk.session.createTextMessage("1");
        first.setStringProperty("JMSXGroupID", "g");
        first.setStringProperty("JMS_SQS_DeduplicationId", "first");
        desk.send(name, first);
        Check.same("length of the sequence number", 20, first.getStringProperty("JMS_SQS_SequenceNumber").length());
        desk.sendTexts(name, "g", "2", "3", "4");

        MessageConsumer consumer = desk.consumer(name);
        Message got = JmsDesk.receive(consumer);
        Check.same("group", "g", got.getStringProperty("JMSXGroupID"));
        Check.same("deduplication id", "first", got.getStringProperty("JMS_SQS_DeduplicationId"));
        Check.same("sequence number", first.getStringProperty("JMS_SQS_SequenceNumber"), got.getStringProperty("JMS_SQS_SequenceNumber"));
        JmsDesk.receive(consumer);
        got.acknowledge();
        desk.session.recover();
        List<Message> again = JmsDesk.receive(consumer, 3);
        Check.same("after recover", List.of("2", "3", "4"), JmsDesk.texts(again));
        JmsDesk.delivered(again.get(0), 2);
        again.get(2).acknowledge();
        house.isEmpty(url);
        JmsDesk.delete(house, url);
        desk.close();
    }

    /** The library gives a message back that it cannot read, again and again, until a redrive policy ends it. */
    static void unknownType(House house) throws Exception {
        String dead = house.queue("jms-unknown-dead");
        String url = house.queue("jms-unknown", Map.of(QueueAttributeName.REDRIVE_POLICY, "{\"deadLetterTargetArn\":\""
                + house.attribute(dead, QueueAttributeName.QUEUE_ARN) + "\",\"maxReceiveCount\":\"3\"}"));
        house.sqs().sendMessage(r -> r.queueUrl(url).messageBody("?").messageAttributes(Map.of("JMS_SQSMessageType", SdkMessages.text("String", "map"))));
        JmsDesk desk = JmsDesk.open(house.sqs(), Session.AUTO_ACKNOWLEDGE, 1);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        desk.consumer("jms-unknown").setMessageListener(m -> seen.add(JmsDesk.text(m)));
        software.amazon.awssdk.services.sqs.model.Message letter = house.receiveOne(dead);
        Check.same("type", "map", letter.messageAttributes().get("JMS_SQSMessageType").stringValue());
        Check.same("receive count", "4", letter.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT));
        Check.same("messages that the listener saw", List.of(), seen);
        JmsDesk.delete(house, url);
        desk.close();
    }
}
