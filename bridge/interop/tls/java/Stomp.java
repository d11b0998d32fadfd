import javax.jms.Connection;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.fusesource.stomp.jms.StompJmsConnectionFactory;

/** StompJMS. */
final class Stomp {
    private static final long PATIENCE = 60_000; // milliseconds; when to give up

    private Stomp() {}

    static void byPasscode(Site site) throws Exception {
        exchange(factory(site, site.trusting()).createConnection(site.user(), site.password()));
    }

    static void byCertificate(Site site) throws Exception {
        exchange(factory(site, site.showing()).createConnection());
    }

    static void untrusted(Site site) throws Exception {
        Check.distrusts(() -> exchange(factory(site, Site.untrusting()).createConnection(site.user(), site.password())));
    }

    private static StompJmsConnectionFactory factory(Site site, Trust trust) throws Exception {
        StompJmsConnectionFactory factory = new StompJmsConnectionFactory();
        factory.setBrokerURI("tls://" + site.stomp());
        factory.setSslContext(trust.context());
        return factory;
    }

    private static void exchange(Connection connection) throws Exception {
        try {
            connection.start();
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            var queue = session.createQueue("java-stomp");
            session.createProducer(queue).send(session.createTextMessage("hello"));
            TextMessage got = (TextMessage) session.createConsumer(queue).receive(PATIENCE);
            Check.same("hello", got == null ? null : got.getText());
        } finally {
            connection.close();
        }
    }
}
