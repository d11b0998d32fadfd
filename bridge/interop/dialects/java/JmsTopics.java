import java.util.Map;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.TemporaryTopic;
import javax.jms.Topic;
import javax.jms.TopicSubscriber;

/** Topics, with the JMS client. */
final class JmsTopics {
    private JmsTopics() {}

    static void list(Map<String, Scenario> all) {
        all.put("jms topic, activemq", h -> topic(h.activemq(), "activemq"));
        all.put("jms topic, artemis", h -> topic(h.artemis(), "artemis"));
        all.put("jms topic with a selector", JmsTopics::selector);
        all.put("jms temporary topic", JmsTopics::temporary);
        all.put("jms durable subscriber", JmsTopics::durable);
    }

    private static void topic(House.Address at, String name) throws Exception {
        Jms.connected(at, one -> Jms.connected(at, two -> {
            Session first = one.createSession(false, Session.AUTO_ACKNOWLEDGE), second = two.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Topic topic = first.createTopic("jms.prices." + name);
            MessageConsumer a = first.createConsumer(topic), b = second.createConsumer(second.createTopic("jms.prices." + name));
            Jms.send(second, topic, "1.20");
            Check.same("destination", topic, Jms.text(a, "1.20").getJMSDestination());
            Jms.text(b, "1.20");
        }));
    }

    private static void selector(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Topic topic = session.createTopic("jms.chosen");
            MessageConsumer consumer = session.createConsumer(topic, "size >= 10");
            for (int size : new int[] {9, 10, 11}) {
                javax.jms.TextMessage m = session.createTextMessage("size " + size);
                m.setIntProperty("size", size);
                session.createProducer(topic).send(m);
            }
            Jms.text(consumer, "size 10");
            Jms.text(consumer, "size 11");
        });
    }

    private static void temporary(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            TemporaryTopic topic = session.createTemporaryTopic();
            MessageConsumer one = session.createConsumer(topic), two = session.createConsumer(topic);
            Jms.send(session, topic, "both");
            Jms.text(one, "both");
            Jms.text(two, "both");
        });
    }

    /** It gets what was sent while it was away. */
    private static void durable(House house) throws Exception {
        // It only receives: the client sends by a further STOMP connection with the same client id, which is taken.
        Jms.connected(house.activemq(), "accounts", JmsTopics::subscriber);
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Jms.send(session, session.createTopic("jms.ledger"), "away");
        });
        Jms.connected(house.activemq(), "accounts", connection -> {
            Jms.text(subscriber(connection), "away");
            // The client has it for Apollo alone. At ActiveMQ an operator deletes the subscription.
            Check.fails(JMSException.class, () -> {
                connection.createSession(false, Session.AUTO_ACKNOWLEDGE).unsubscribe("books");
                return null;
            });
        });
    }

    private static TopicSubscriber subscriber(Connection connection) throws JMSException {
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        return session.createDurableSubscriber(session.createTopic("jms.ledger"), "books");
    }
}
