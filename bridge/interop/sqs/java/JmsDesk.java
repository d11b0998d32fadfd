import com.amazon.sqs.javamessaging.ProviderConfiguration;
import com.amazon.sqs.javamessaging.SQSConnection;
import com.amazon.sqs.javamessaging.SQSConnectionFactory;
import com.amazon.sqs.javamessaging.SQSSession;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.sqs.SqsClient;

/** A connection of the JMS library, started, with one session. */
final class JmsDesk implements AutoCloseable {
    /** How long a message is waited for, in milliseconds. It is when a scenario gives up. */
    static final long PATIENCE = 170_000;

    static final int UNORDERED = SQSSession.UNORDERED_ACKNOWLEDGE;

    final SQSConnection connection;
    final Session session;

    private JmsDesk(SQSConnection connection, int mode) throws JMSException {
        this.connection = connection;
        this.session = connection.createSession(false, mode);
        connection.start();
    }

    /**
     * Fetches nothing ahead: a message is asked for by a receive, and no long poll is left behind that
     * closing would wait for.
     */
    static JmsDesk open(House house, int mode) throws JMSException {
        return open(house.sqs(), mode, 0);
    }

    static JmsDesk open(SqsClient sqs, int mode, int prefetch) throws JMSException {
        ProviderConfiguration provider = new ProviderConfiguration().withNumberOfMessagesToPrefetch(prefetch);
        return new JmsDesk(new SQSConnectionFactory(provider, sqs).createConnection(), mode);
    }

    Queue queue(String name) throws JMSException {
        return session.createQueue(name);
    }

    MessageConsumer consumer(String queue) throws JMSException {
        return session.createConsumer(queue(queue));
    }

    void send(String queue, Message... messages) throws JMSException {
        MessageProducer producer = session.createProducer(queue(queue));
        for (Message m : messages) {
            producer.send(m);
        }
        producer.close();
    }

    /** Sends texts; in a FIFO queue they are of the group and each is its own deduplication id. */
    void sendTexts(String queue, String group, String... texts) throws JMSException {
        for (String text : texts) {
            TextMessage m = session.createTextMessage(text);
            if (group != null) {
                m.setStringProperty("JMSXGroupID", group);
                m.setStringProperty("JMS_SQS_DeduplicationId", text);
            }
            send(queue, m);
        }
    }

    static Message receive(MessageConsumer consumer) throws JMSException {
        Message m = consumer.receive(PATIENCE);
        Check.that(m != null, "no message came");
        return m;
    }

    static List<Message> receive(MessageConsumer consumer, int n) throws JMSException {
        List<Message> all = new ArrayList<>();
        while (all.size() < n) {
            all.add(receive(consumer));
        }
        return all;
    }

    static String text(Message m) {
        try {
            return ((TextMessage) m).getText();
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    static List<String> texts(List<Message> messages) {
        return messages.stream().map(JmsDesk::text).toList();
    }

    static void delivered(Message m, int times) throws JMSException {
        Check.same("JMSXDeliveryCount of " + m.getJMSMessageID(), times, m.getIntProperty("JMSXDeliveryCount"));
        Check.same("JMSRedelivered of " + m.getJMSMessageID(), times > 1, m.getJMSRedelivered());
    }

    /** Deletes a queue that a consumer is polling still, so that closing has nothing to wait for. */
    static void delete(House house, String url) {
        house.sqs().deleteQueue(r -> r.queueUrl(url));
    }

    @Override
    public void close() throws JMSException {
        connection.close();
    }
}
