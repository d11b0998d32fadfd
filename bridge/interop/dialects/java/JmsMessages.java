import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.ObjectMessage;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TextMessage;

/** What messages of JMS carry, with the JMS client. */
final class JmsMessages {
    private JmsMessages() {}

    static void list(Map<String, Scenario> all) {
        all.put("jms types of messages", JmsMessages::types);
        all.put("jms fields", JmsMessages::fields);
        all.put("jms expiration", JmsMessages::expiration);
        all.put("jms priority", JmsMessages::priority);
        all.put("jms properties", JmsMessages::properties);
        all.put("jms types of messages, from dialect to dialect", JmsMessages::across);
    }

    /** Something to do with a session and a queue of its own. */
    @FunctionalInterface
    private interface Work {
        void with(Session session, MessageProducer to, MessageConsumer from) throws Exception;
    }

    private static void queue(House house, String name, Work work) throws Exception {
        Jms.connected(house.activemq(), connection -> {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue(name);
            work.with(session, session.createProducer(queue), session.createConsumer(queue));
        });
    }

    private static <M extends Message> M next(Class<M> type, MessageConsumer from) throws Exception {
        Message m = from.receive(Jms.MILLIS);
        Check.that(type.isInstance(m), "not a " + type.getSimpleName() + ", but " + m);
        return type.cast(m);
    }

    private static void types(House house) throws Exception {
        queue(house, "jms.types", JmsMessages::each);
    }

    /** The broker that the sender was written for and that of the receiver may differ. */
    private static void across(House house) throws Exception {
        Jms.connected(house.artemis(), one -> Jms.connected(house.plain(), two -> {
            Session sends = one.createSession(false, Session.AUTO_ACKNOWLEDGE), receives = two.createSession(false, Session.AUTO_ACKNOWLEDGE);
            each(sends, sends.createProducer(sends.createQueue("jms.across")), receives.createConsumer(receives.createQueue("jms.across")));
        }));
    }

    private static void each(Session session, MessageProducer to, MessageConsumer from) throws Exception {
        to.send(session.createTextMessage("tëxt\0\n"));
        Check.same("text", "tëxt\0\n", next(TextMessage.class, from).getText());
        BytesMessage bytes = session.createBytesMessage();
        byte[] every = new byte[256];
        for (int i = 0; i < every.length; i++) {
            every[i] = (byte) i;
        }
        bytes.writeBytes(every);
        bytes.writeLong(Long.MIN_VALUE);
        to.send(bytes);
        BytesMessage read = next(BytesMessage.class, from);
        byte[] got = new byte[256];
        Check.same("length", 256, read.readBytes(got));
        Check.same("bytes", every, got);
        Check.same("long", Long.MIN_VALUE, read.readLong());
        MapMessage map = session.createMapMessage();
        map.setString("name", "ü:");
        map.setInt("count", 3);
        map.setBytes("raw", new byte[] {0, 1, 2});
        to.send(map);
        MapMessage gotMap = next(MapMessage.class, from);
        Check.same("name", "ü:", gotMap.getString("name"));
        Check.same("count", 3, gotMap.getInt("count"));
        Check.same("raw", new byte[] {0, 1, 2}, gotMap.getBytes("raw"));
        to.send(session.createObjectMessage((Serializable) new ArrayList<>(List.of("a", 1))));
        Check.same("object", List.of("a", 1), next(ObjectMessage.class, from).getObject());
        StreamMessage stream = session.createStreamMessage();
        stream.writeBoolean(true);
        stream.writeString("end");
        to.send(stream);
        StreamMessage gotStream = next(StreamMessage.class, from);
        Check.same("boolean", true, gotStream.readBoolean());
        Check.same("string", "end", gotStream.readString());
        to.send(session.createMessage());
        next(Message.class, from);
    }

    private static void fields(House house) throws Exception {
        queue(house, "jms.fields", (session, to, from) -> {
            TextMessage m = session.createTextMessage("fields");
            m.setJMSCorrelationID("c-1");
            m.setJMSType("order");
            m.setJMSReplyTo(session.createQueue("jms.replies"));
            to.send(m, DeliveryMode.PERSISTENT, 7, 0);
            TextMessage got = next(TextMessage.class, from);
            Check.same("JMSCorrelationID", "c-1", got.getJMSCorrelationID());
            Check.same("JMSType", "order", got.getJMSType());
            Check.same("JMSReplyTo", session.createQueue("jms.replies"), got.getJMSReplyTo());
            Check.same("JMSPriority", 7, got.getJMSPriority());
            Check.same("JMSDeliveryMode", DeliveryMode.PERSISTENT, got.getJMSDeliveryMode());
            Check.same("JMSExpiration", 0L, got.getJMSExpiration());
            // The client takes a JMSXDeliveryCount of 1, which is that of the first delivery, for a second one.
            Check.same("JMSRedelivered", true, got.getJMSRedelivered());
            Check.that(got.getJMSMessageID() != null, "no JMSMessageID");
            Check.that(got.getJMSTimestamp() > 0, "no JMSTimestamp");
        });
    }

    /** A message that has expired is not delivered, and one that has not says when it will. */
    private static void expiration(House house) throws Exception {
        queue(house, "jms.expiration", (session, to, from) -> {
            from.close();
            TextMessage late = session.createTextMessage("late"), fresh = session.createTextMessage("fresh");
            to.send(late, DeliveryMode.PERSISTENT, 4, 1);
            long end = System.currentTimeMillis() + 3_600_000;
            to.send(fresh, DeliveryMode.PERSISTENT, 4, 3_600_000);
            while (System.currentTimeMillis() <= late.getJMSExpiration()) {
                Thread.onSpinWait(); // until it is late indeed
            }
            long expires = Jms.text(session.createConsumer(session.createQueue("jms.expiration")), "fresh").getJMSExpiration();
            Check.that(expires >= end, "expires at " + expires + ", which is before " + end);
        });
    }

    private static void priority(House house) throws Exception {
        queue(house, "jms.priority", (session, to, from) -> {
            from.close();
            for (int p : new int[] {0, 4, 9}) {
                to.send(session.createTextMessage("priority " + p), DeliveryMode.PERSISTENT, p, 0);
            }
            MessageConsumer consumer = session.createConsumer(session.createQueue("jms.priority"));
            Check.same("JMSPriority", 9, Jms.text(consumer, "priority 9").getJMSPriority());
            Check.same("JMSPriority", 4, Jms.text(consumer, "priority 4").getJMSPriority());
            Check.same("JMSPriority", 0, Jms.text(consumer, "priority 0").getJMSPriority());
        });
    }

    private static void properties(House house) throws Exception {
        queue(house, "jms.properties", (session, to, from) -> {
            TextMessage m = session.createTextMessage("properties");
            m.setBooleanProperty("aBoolean", true);
            m.setByteProperty("aByte", (byte) -1);
            m.setShortProperty("aShort", (short) 300);
            m.setIntProperty("anInt", Integer.MIN_VALUE);
            m.setLongProperty("aLong", Long.MAX_VALUE);
            m.setDoubleProperty("aDouble", 0.1);
            m.setStringProperty("aString", "colon: backslash \\ end");
            m.setStringProperty("JMSXGroupID", "g");
            to.send(m);
            TextMessage got = next(TextMessage.class, from);
            Check.same("aBoolean", true, got.getBooleanProperty("aBoolean"));
            Check.same("aByte", (byte) -1, got.getByteProperty("aByte"));
            Check.same("aShort", (short) 300, got.getShortProperty("aShort"));
            Check.same("anInt", Integer.MIN_VALUE, got.getIntProperty("anInt"));
            Check.same("aLong", Long.MAX_VALUE, got.getLongProperty("aLong"));
            Check.same("aDouble", 0.1, got.getDoubleProperty("aDouble"));
            Check.same("aString", "colon: backslash \\ end", got.getStringProperty("aString"));
            Check.same("JMSXGroupID", "g", got.getStringProperty("JMSXGroupID"));
        });
    }
}
