import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.util.concurrent.Callable;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The library makes three sorts of exceptions, by the code of the answer. */
final class JmsErrors {
    private static final String NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue";

    private JmsErrors() {}

    static void errors(House house) throws Exception {
        String url = house.queue("jms-errors");
        try (JmsDesk desk = JmsDesk.open(house, Session.AUTO_ACKNOWLEDGE)) {
            refused(InvalidDestinationException.class, NO_QUEUE, () -> desk.queue("jms-nobody-made-it"));
            MessageProducer producer = desk.session.createProducer(desk.queue("jms-errors"));
            Message text = desk.session.createTextMessage("text");
            refused(JMSException.class, "InvalidMessageContents", () -> send(producer, desk.session.createTextMessage("\u0000")));
            Check.fails(JMSException.class, () -> send(producer, desk.session.createTextMessage(""))); // the library's own
            withoutGroup(house, desk, text);
            keys(house, desk, text);
            house.isEmpty(url);
            house.sqs().deleteQueue(r -> r.queueUrl(url));
            refused(InvalidDestinationException.class, NO_QUEUE, () -> send(producer, text));
        }
    }

    private static void withoutGroup(House house, JmsDesk desk, Message text) throws Exception {
        house.fifo("jms-errors");
        MessageProducer producer = desk.session.createProducer(desk.queue("jms-errors.fifo"));
        refused(JMSException.class, "MissingParameter", () -> send(producer, text));
    }

    /** A wrong secret is no JMSSecurityException: the library does not know the code. */
    private static void keys(House house, JmsDesk desk, Message text) throws Exception {
        try (SqsClient unknown = house.builder("nobody", "nobody").build();
                SqsClient wrong = house.builder(House.KEY, "not the secret").build();
                SqsClient reader = house.builder("reader", "reader").build()) {
            refused(JMSSecurityException.class, "InvalidClientTokenId", () -> send(unknown, text));
            refused(JMSException.class, "SignatureDoesNotMatch", () -> send(wrong, text));
            refused(JMSSecurityException.class, "AccessDenied", () -> send(reader, text));
        }
    }

    private static Object send(SqsClient sqs, Message m) throws JMSException {
        try (JmsDesk desk = JmsDesk.open(sqs, Session.AUTO_ACKNOWLEDGE, 0)) {
            desk.send("jms-errors", m);
        }
        return m;
    }

    private static Object send(MessageProducer producer, Message m) throws JMSException {
        producer.send(m);
        return m;
    }

    private static <E extends JMSException> void refused(Class<E> want, String code, Callable<?> call) throws Exception {
        Check.same("code of " + want.getSimpleName(), code, Check.fails(want, call).getErrorCode());
    }
}
