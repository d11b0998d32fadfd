import java.util.concurrent.TimeUnit;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.fusesource.stomp.jms.StompJmsConnectionFactory;

/** Connections of the JMS client, set up for each broker as its documentation says. */
final class Jms {
    static final long MILLIS = TimeUnit.SECONDS.toMillis(Check.PATIENCE);

    private Jms() {}

    /** Something to do with a connection that is started. */
    @FunctionalInterface
    interface Work {
        void with(Connection connection) throws Exception;
    }

    static void connected(House.Address at, Work work) throws Exception {
        connected(at, null, work);
    }

    static void connected(House.Address at, String client, Work work) throws Exception {
        StompJmsConnectionFactory factory = new StompJmsConnectionFactory();
        factory.setBrokerURI("tcp://" + at);
        // It sends on other connections than it receives on, and a /temp-queue/NAME belongs to a connection,
        // here and at ActiveMQ: replies would go to nobody.
        factory.setTempQueuePrefix("/queue/temp.");
        factory.setTempTopicPrefix("/topic/temp.");
        Connection connection = start(factory, client);
        try {
            work.with(connection);
        } finally {
            connection.close();
        }
    }

    /** Connects; a client id may be that of a connection which the server has not seen go yet. */
    private static Connection start(StompJmsConnectionFactory factory, String client) throws JMSException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Check.PATIENCE); ; ) {
            Connection connection = factory.createConnection("judge", "secret");
            try {
                if (client != null) {
                    connection.setClientID(client);
                }
                connection.start();
                return connection;
            } catch (JMSException e) {
                connection.close();
                if (System.nanoTime() > end || !String.valueOf(e.getMessage()).contains("invalid client id")) {
                    throw e;
                }
            }
        }
    }

    /** The next message, which is a text. */
    static TextMessage text(MessageConsumer consumer, String want) throws JMSException {
        Message m = consumer.receive(MILLIS);
        Check.that(m instanceof TextMessage, "not the text " + want + ", but " + m);
        Check.same("text", want, ((TextMessage) m).getText());
        return (TextMessage) m;
    }

    /** Sends texts, and each is on disk when it is sent: messages are persistent unless told otherwise. */
    static void send(Session session, javax.jms.Destination to, String... texts) throws JMSException {
        javax.jms.MessageProducer producer = session.createProducer(to);
        for (String text : texts) {
            producer.send(session.createTextMessage(text));
        }
        producer.close();
    }
}
