import com.amazon.sqs.javamessaging.SQSQueueDestination;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Sends and receives what a test in Go asks for, to see it in another dialect. The header "class" says which
 * sort of message it is; an object is a string, and the body shows what Java makes of it.
 */
final class JmsPost {
    private JmsPost() {}

    static void produce(House house, String queue, List<Protocol.Message> messages) throws JMSException {
        house.queueFor(queue);
        if (messages == null) {
            return;
        }
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            for (Protocol.Message m : messages) {
                desk.send(queue, make(house, desk, m));
            }
        }
    }

    /** Answers one request: "re: " and its text goes to where it says, with its id. */
    static void reply(House house, String queue) throws JMSException {
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            Message request = JmsDesk.receive(desk.consumer(queue));
            Message reply = desk.session.createTextMessage("re: " + JmsDesk.text(request));
            reply.setJMSCorrelationID(request.getJMSCorrelationID());
            desk.session.createProducer(null).send(request.getJMSReplyTo(), reply);
        }
    }

    /** Sends a message on as it was received: to the queue whose name has "-forwarded" at its end. */
    static void forward(House house, String queue) throws JMSException {
        house.queueFor(queue + "-forwarded");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            desk.send(queue + "-forwarded", JmsDesk.receive(desk.consumer(queue)));
        }
    }

    private static Message make(House house, JmsDesk desk, Protocol.Message from) throws JMSException {
        byte[] body = Base64.getDecoder().decode(from.body());
        Message m = make(desk.session, from.header("class"), body);
        if (from.header("JMSCorrelationID") != null) {
            m.setJMSCorrelationID(from.header("JMSCorrelationID"));
        }
        if (from.header("JMSReplyTo") != null) {
            house.queue(from.header("JMSReplyTo"));
            m.setJMSReplyTo(desk.queue(from.header("JMSReplyTo")));
        }
        if (from.attributes() != null) {
            for (Protocol.Attribute a : from.attributes()) {
                m.setObjectProperty(a.name(), value(a));
            }
        }
        return m;
    }

    private static Message make(Session session, String kind, byte[] body) throws JMSException {
        switch (kind) {
            case "bytes":
                BytesMessage bytes = session.createBytesMessage();
                bytes.writeBytes(body);
                return bytes;
            case "object":
                return session.createObjectMessage(new String(body, StandardCharsets.UTF_8));
            default:
                return session.createTextMessage(new String(body, StandardCharsets.UTF_8));
        }
    }

    private static Object value(Protocol.Attribute a) {
        switch (a.type()) {
            case "Boolean":
                return Boolean.valueOf(a.text());
            case "Byte":
                return Byte.valueOf(a.text());
            case "Short":
                return Short.valueOf(a.text());
            case "Integer":
                return Integer.valueOf(a.text());
            case "Long":
                return Long.valueOf(a.text());
            case "Float":
                return Float.valueOf(a.text());
            case "Double":
                return Double.valueOf(a.text());
            default:
                return a.text();
        }
    }

    static List<Protocol.Message> consume(House house, String queue, int n, int timeoutMillis) throws JMSException {
        house.queueFor(queue);
        List<Protocol.Message> all = new ArrayList<>();
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            MessageConsumer consumer = desk.consumer(queue);
            while (all.size() < n) {
                Message m = consumer.receive(timeoutMillis);
                Check.that(m != null, all.size() + " of " + n + " messages came");
                all.add(show(m));
            }
        }
        return all;
    }

    private static Protocol.Message show(Message m) throws JMSException {
        List<List<String>> headers = new ArrayList<>();
        byte[] body = body(m, headers);
        if (m.getJMSCorrelationID() != null) {
            headers.add(List.of("JMSCorrelationID", m.getJMSCorrelationID()));
        }
        if (m.getJMSReplyTo() instanceof SQSQueueDestination to) {
            headers.add(List.of("JMSReplyTo", to.getQueueName()));
            headers.add(List.of("JMSReplyTo URL", to.getQueueUrl()));
        }
        List<Protocol.Attribute> properties = new ArrayList<>();
        for (Map.Entry<String, Object> p : JmsMessages.propertiesOf(m).entrySet()) {
            properties.add(new Protocol.Attribute(p.getKey(), p.getValue().getClass().getSimpleName(), p.getValue().toString()));
        }
        String destination = ((SQSQueueDestination) m.getJMSDestination()).getQueueName();
        return new Protocol.Message(Base64.getEncoder().encodeToString(body), headers, properties, m.getIntProperty("JMSXDeliveryCount"), destination);
    }

    /** Returns the body and adds the header that says of which class the message is. */
    private static byte[] body(Message m, List<List<String>> headers) throws JMSException {
        if (m instanceof BytesMessage bytes) {
            headers.add(List.of("class", "bytes"));
            byte[] body = new byte[(int) bytes.getBodyLength()];
            bytes.readBytes(body);
            return body;
        }
        if (m instanceof ObjectMessage object) {
            headers.add(List.of("class", "object"));
            return ((String) object.getObject()).getBytes(StandardCharsets.UTF_8);
        }
        headers.add(List.of("class", "text"));
        return ((TextMessage) m).getText().getBytes(StandardCharsets.UTF_8);
    }
}
