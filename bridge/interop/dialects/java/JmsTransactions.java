import java.util.Map;
import javax.jms.MessageConsumer;
import javax.jms.Queue;
import javax.jms.Session;

/** Sessions that are transacted, with the JMS client. */
final class JmsTransactions {
    private JmsTransactions() {}

    static void list(Map<String, Scenario> all) {
        all.put("jms commit", JmsTransactions::commit);
        all.put("jms rollback", JmsTransactions::rollback);
        all.put("jms transaction of a connection that is cut", JmsTransactions::cut);
    }

    /** Sends and acknowledgements are done together. */
    private static void commit(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session plain = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue in = plain.createQueue("jms.tx.in"), out = plain.createQueue("jms.tx.out");
            Jms.send(plain, in, "order");
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            Jms.text(session.createConsumer(in), "order");
            Jms.send(session, out, "bill", "parcel");
            session.commit();
            MessageConsumer consumer = plain.createConsumer(out);
            Jms.text(consumer, "bill");
            Jms.text(consumer, "parcel");
            session.close();
            Jms.send(plain, in, "second order");
            Jms.text(plain.createConsumer(in), "second order");
        });
    }

    /** Nothing was sent, and what was received comes again. */
    private static void rollback(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session plain = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue in = plain.createQueue("jms.back.in"), out = plain.createQueue("jms.back.out");
            Jms.send(plain, in, "one", "two");
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            MessageConsumer consumer = session.createConsumer(in);
            Jms.text(consumer, "one");
            Jms.text(consumer, "two");
            Jms.send(session, out, "never");
            session.rollback();
            Jms.text(consumer, "one");
            Jms.text(consumer, "two");
            Jms.send(session, out, "ever");
            session.commit();
            Jms.text(plain.createConsumer(out), "ever");
        });
    }

    private static void cut(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            Queue queue = session.createQueue("jms.cut");
            Jms.send(session, queue, "kept");
            session.commit();
            Jms.send(session, queue, "open");
            Jms.text(session.createConsumer(queue), "kept");
        });
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("jms.cut");
            MessageConsumer consumer = session.createConsumer(queue);
            Jms.text(consumer, "kept"); // once the server has seen that the first connection is gone
            Jms.send(session, queue, "behind it");
            Jms.text(consumer, "behind it");
        });
    }
}
