import java.util.Enumeration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TextMessage;

/** Queues, with the JMS client. */
final class JmsQueues {
    private JmsQueues() {}

    static void list(Map<String, Scenario> all) {
        all.put("jms queue, plain", h -> queue(h.plain(), "plain"));
        all.put("jms queue, activemq", h -> queue(h.activemq(), "activemq"));
        all.put("jms queue, artemis", h -> queue(h.artemis(), "artemis"));
        all.put("jms queue, rabbitmq", JmsQueues::rabbitmq);
        all.put("jms client acknowledge", JmsQueues::clientAcknowledge);
        all.put("jms listener", JmsQueues::listener);
        all.put("jms selectors", JmsQueues::selectors);
        all.put("jms request and reply", JmsQueues::requestReply);
        all.put("jms browser", JmsQueues::browser);
    }

    private static void queue(House.Address at, String name) throws Exception {
        Jms.connected(at, connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("jms." + name);
            Jms.send(session, queue, "one", "zwei: ü");
            MessageConsumer consumer = session.createConsumer(queue);
            Check.same("destination", queue, Jms.text(consumer, "one").getJMSDestination());
            Jms.text(consumer, "zwei: ü");
        });
        Jms.connected(at, connection -> { // what was acknowledged does not come again
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("jms." + name);
            Jms.send(session, queue, "three");
            Jms.text(session.createConsumer(queue), "three");
        });
    }

    /** The client names the host of its address as the virtual host, which RabbitMQ would refuse, too. */
    private static void rabbitmq(House house) throws Exception {
        String why = Check.fails(JMSException.class, () -> {
            queue(house.rabbitmq(), "rabbitmq");
            return null;
        }).getMessage();
        // It may find the connection closed before it reads why.
        Check.that(why.contains("Bad CONNECT") || why.contains("Peer disconnected"), "refused for another reason: " + why);
    }

    private static void clientAcknowledge(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
            Queue queue = session.createQueue("jms.client");
            Jms.send(session, queue, "one", "two", "three");
            MessageConsumer consumer = session.createConsumer(queue);
            Jms.text(consumer, "one");
            Jms.text(consumer, "two").acknowledge(); // and all before it
            Jms.text(consumer, "three");
        });
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
            TextMessage three = Jms.text(session.createConsumer(session.createQueue("jms.client")), "three");
            Check.same("redelivered", true, three.getJMSRedelivered());
            three.acknowledge();
        });
    }

    private static void listener(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("jms.listener");
            BlockingQueue<Message> heard = new LinkedBlockingQueue<>();
            session.createConsumer(queue).setMessageListener(heard::add);
            Session other = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            for (int i = 0; i < 100; i++) {
                Jms.send(other, queue, "message " + i);
            }
            for (int i = 0; i < 100; i++) {
                Check.same("text", "message " + i, ((TextMessage) Check.next("message", heard)).getText());
            }
        });
    }

    /** The language of JMS, with numbers, strings, booleans, header fields and what is not there. */
    private static void selectors(House house) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("jms.selectors");
            javax.jms.MessageProducer producer = session.createProducer(queue);
            for (int i = 1; i <= 4; i++) {
                TextMessage m = session.createTextMessage("order " + i);
                m.setIntProperty("amount", i * 50);
                m.setStringProperty("region", i % 2 == 0 ? "EU" : "US");
                m.setJMSType(i == 3 ? "express" : "plain");
                producer.send(m);
            }
            take(session, queue, "amount > 120 AND region = 'EU'", "order 4");
            take(session, queue, "JMSType = 'express'", "order 3");
            take(session, queue, "region LIKE 'E_' AND amount BETWEEN 90 AND 110", "order 2");
            take(session, queue, "colour IS NULL", "order 1");
            Check.fails(JMSException.class, () -> session.createConsumer(queue, "amount >"));
        });
    }

    private static void take(Session session, Queue queue, String selector, String want) throws JMSException {
        MessageConsumer consumer = session.createConsumer(queue, selector);
        Jms.text(consumer, want);
        consumer.close();
    }

    private static void requestReply(House house) throws Exception {
        Jms.connected(house.activemq(), client -> Jms.connected(house.activemq(), server -> {
            Session asks = client.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Session answers = server.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = asks.createQueue("jms.rpc");
            TemporaryQueue mine = asks.createTemporaryQueue();
            MessageConsumer replies = asks.createConsumer(mine);
            TextMessage question = asks.createTextMessage("what?");
            question.setJMSReplyTo(mine);
            question.setJMSCorrelationID("q-1");
            asks.createProducer(queue).send(question);
            TextMessage got = Jms.text(answers.createConsumer(queue), "what?");
            TextMessage answer = answers.createTextMessage("that");
            answer.setJMSCorrelationID(got.getJMSCorrelationID());
            answers.createProducer(got.getJMSReplyTo()).send(answer);
            Check.same("correlation id", "q-1", Jms.text(replies, "that").getJMSCorrelationID());
        }));
    }

    /** The client has it for Apollo alone, and says so. */
    private static void browser(House house) throws Exception {
        for (House.Address at : new House.Address[] {house.activemq(), house.plain()}) {
            Jms.connected(at, connection -> {
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                Queue queue = session.createQueue("jms.browse");
                Jms.send(session, queue, "look");
                JMSException e = Check.fails(JMSException.class, () -> {
                    Enumeration<?> all = session.createBrowser(queue).getEnumeration();
                    return all.hasMoreElements();
                });
                Check.that(e.getMessage().contains("browsing over STOMP"), "another reason: " + e);
                Jms.text(session.createConsumer(queue), "look");
            });
        }
    }
}
