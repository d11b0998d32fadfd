import com.amazon.sqs.javamessaging.SQSQueueDestination;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a JMS message is made of. */
final class JmsMessages {
    private JmsMessages() {}

    static byte[] everyByte() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        return all;
    }

    static void bodies(House house) throws Exception {
        String url = house.queue("jms-bodies");
        house.queue("jms-answers");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            TextMessage text = desk.session.createTextMessage("Grüße, 世界 🌍");
            text.setJMSCorrelationID("order-17");
            text.setJMSReplyTo(desk.queue("jms-answers"));
            BytesMessage bytes = desk.session.createBytesMessage();
            bytes.writeBytes(everyByte());
            ArrayList<Object> things = new ArrayList<>(List.of("one", 2, new BigDecimal("3.00")));
            ObjectMessage object = desk.session.createObjectMessage(things);
            desk.send("jms-bodies", text, bytes, object);

            MessageConsumer consumer = desk.consumer("jms-bodies");
            Message first = JmsDesk.receive(consumer);
            Check.same("text", text.getText(), JmsDesk.text(first));
            Check.same("correlation id", "order-17", first.getJMSCorrelationID());
            Check.same("reply-to", text.getJMSReplyTo(), first.getJMSReplyTo());
            Check.same("destination", url, ((SQSQueueDestination) first.getJMSDestination()).getQueueUrl());
            Check.same("message id", text.getJMSMessageID(), first.getJMSMessageID());
            Check.that(first.getJMSTimestamp() > 0, "there is no JMSTimestamp");
            JmsDesk.delivered(first, 1);
            BytesMessage second = (BytesMessage) JmsDesk.receive(consumer);
            byte[] got = new byte[(int) second.getBodyLength()];
            second.readBytes(got);
            Check.same("bytes", everyByte(), got);
            Check.same("correlation id of the bytes", null, second.getJMSCorrelationID());
            Check.same("reply-to of the bytes", null, second.getJMSReplyTo());
            Check.same("object", things, ((ObjectMessage) JmsDesk.receive(consumer)).getObject());
            Check.same("one more", null, consumer.receiveNoWait());
        }
        house.isEmpty(url);
    }

    /** Nine properties of all types that there are; with the type of the body that is as many as SQS takes. */
    private static void setNine(Message m) throws JMSException {
        m.setStringProperty("city", "Zürich");
        m.setBooleanProperty("paid", true);
        m.setBooleanProperty("sent", false);
        m.setByteProperty("b", (byte) -128);
        m.setShortProperty("s", (short) 32767);
        m.setIntProperty("i", Integer.MIN_VALUE);
        m.setLongProperty("l", Long.MAX_VALUE);
        m.setFloatProperty("f", 1.0f);
        m.setDoubleProperty("d", -6.02214076E23);
    }

    static Map<String, Object> propertiesOf(Message m) throws JMSException {
        Map<String, Object> all = new TreeMap<>();
        for (Object name : Collections.list((Enumeration<?>) m.getPropertyNames())) {
            all.put((String) name, m.getObjectProperty((String) name));
        }
        return all;
    }

    static void properties(House house) throws Exception {
        String url = house.queue("jms-properties");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            TextMessage sent = desk.session.createTextMessage("nine");
            setNine(sent);
            Map<String, Object> want = propertiesOf(sent);
            desk.send("jms-properties", sent);
            MessageConsumer consumer = desk.consumer("jms-properties");
            Message got = JmsDesk.receive(consumer);
            want.put("JMSXDeliveryCount", 1);
            want.put("JMS_SQSMessageType", "text"); // the library shows its own attributes as properties too
            Check.same("properties", want, propertiesOf(got));
            Check.same("an int as a long", (long) Integer.MIN_VALUE, got.getLongProperty("i"));

            sent.setStringProperty("tenth", "one too many");
            JMSException refused = Check.fails(JMSException.class, () -> {
                desk.send("jms-properties", sent);
                return null;
            });
            Check.same("code", "InvalidParameterValue", refused.getErrorCode());
        }
        house.isEmpty(url);
    }

    static void requestReply(House house) throws Exception {
        house.queue("jms-requests");
        String replies = house.queue("jms-replies");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            TextMessage request = desk.session.createTextMessage("6 * 7");
            request.setJMSReplyTo(desk.queue("jms-replies"));
            desk.send("jms-requests", request);

            Message asked = JmsDesk.receive(desk.consumer("jms-requests"));
            TextMessage reply = desk.session.createTextMessage("42");
            reply.setJMSCorrelationID(asked.getJMSMessageID());
            MessageProducer anywhere = desk.session.createProducer(null);
            anywhere.send((Queue) asked.getJMSReplyTo(), reply);

            Message answer = JmsDesk.receive(desk.consumer("jms-replies"));
            Check.same("answer", "42", JmsDesk.text(answer));
            Check.same("correlation id", request.getJMSMessageID(), answer.getJMSCorrelationID());
        }
        house.isEmpty(replies);
    }

    static void delay(House house) throws Exception {
        String url = house.queue("jms-delay");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            MessageProducer producer = desk.session.createProducer(desk.queue("jms-delay"));
            producer.setDeliveryDelay(900_000);
            producer.send(desk.session.createTextMessage("later"));
            house.holds(url, 0, 0, 1);
            producer.setDeliveryDelay(1_000);
            producer.send(desk.session.createTextMessage("soon"));
            MessageConsumer consumer = desk.consumer("jms-delay");
            Check.same("text", "soon", JmsDesk.text(JmsDesk.receive(consumer)));
            Check.same("one more", null, consumer.receiveNoWait());
        }
        house.holds(url, 0, 0, 1);
    }
}
