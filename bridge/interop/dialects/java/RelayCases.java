import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageDeliveryException;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;

/** Spring's STOMP broker relay, against the listeners for the two brokers that its documentation names. */
final class RelayCases {
    private static final List<String> PREFIXES = List.of("/topic/", "/queue/", "/exchange/");

    private final String broker;
    private final boolean rabbitmq;
    private Relay shared;

    private RelayCases(String broker) {
        this.broker = broker;
        this.rabbitmq = broker.equals("rabbitmq");
    }

    static void list(Map<String, Scenario> all) {
        for (String broker : List.of("rabbitmq", "activemq")) {
            RelayCases c = new RelayCases(broker);
            all.put("relay of browsers, " + broker, c::browsers);
            all.put("relay of acknowledgements, " + broker, c::acknowledgements);
            all.put("relay of an error, " + broker, c::error);
            all.put("relay of heart-beats, " + broker, c::heartbeats);
            all.put("relay to users, " + broker, c::users);
            if (c.rabbitmq) {
                all.put("relay to users by exchange, rabbitmq", c::usersByExchange);
            }
            all.put("relay's own subscriptions, " + broker, c::subscriptions);
            all.put("relay over a restart, " + broker, c::restart);
        }
        all.put("relay to a virtual host that is not there, rabbitmq", RelayCases::virtualHost);
    }

    /** The relay of those cases that have browsers alone: to stop one takes seconds. It ends with the program. */
    private Relay shared(House house) throws Exception {
        if (shared == null) {
            shared = open(house, Map.of());
        }
        return shared;
    }

    private Relay open(House house, Map<String, org.springframework.messaging.MessageHandler> subscriptions) throws Exception {
        Relay relay = new Relay(rabbitmq ? house.rabbitmq() : house.activemq(), "/", PREFIXES, subscriptions);
        relay.available(true);
        return relay;
    }

    /** Browsers speak to each other, and the application to them, over a topic and a queue. */
    private void browsers(House house) throws Exception {
        Relay relay = shared(house);
        Relay.Browser ann = relay.connect(null, 0);
        Relay.Browser bob = relay.connect(null, 0);
        Check.same("version", "1.2", ann.connected.getVersion());
        ann.subscribe("t", "/topic/greetings." + broker, "auto");
        bob.subscribe("t", "/topic/greetings." + broker, "auto");
        ann.publish("/topic/greetings." + broker, "héllo");
        ann.next(StompCommand.MESSAGE, "héllo");
        bob.next(StompCommand.MESSAGE, "héllo");
        relay.template.convertAndSend("/topic/greetings." + broker, "from the application".getBytes());
        ann.next(StompCommand.MESSAGE, "from the application");
        bob.next(StompCommand.MESSAGE, "from the application");
        bob.subscribe("q", "/queue/work-" + broker, "auto");
        ann.publish("/queue/work-" + broker, "to do");
        StompHeaderAccessor h = StompHeaderAccessor.wrap(bob.next(StompCommand.MESSAGE, "to do"));
        Check.same("destination", "/queue/work-" + broker, h.getDestination());
        Check.same("subscription", "q", h.getSubscriptionId());
        leave(ann);
    }

    /** A browser that disconnects is told when it is done. */
    private static void leave(Relay.Browser b) throws Exception {
        StompHeaderAccessor h = b.frame(StompCommand.DISCONNECT);
        h.setReceipt("bye");
        b.send(h, "");
        b.receipt("bye");
    }

    private void acknowledgements(House house) throws Exception {
        Relay relay = shared(house);
        String queue = "/queue/relayed-" + broker;
        Relay.Browser ann = relay.connect(null, 0);
        ann.publish(queue, "one");
        ann.publish(queue, "two");
        ann.subscribe("q", queue, "client-individual");
        Message<?> one = ann.next(StompCommand.MESSAGE, "one");
        Message<?> two = ann.next(StompCommand.MESSAGE, "two");
        ann.settle(StompCommand.ACK, two);
        leave(ann);
        Relay.Browser bob = relay.connect(null, 0);
        bob.subscribe("q", queue, "client");
        bob.settle(StompCommand.ACK, bob.next(StompCommand.MESSAGE, "one"));
        Check.that(one != two, "one message twice");
        bob.publish(queue, "three");
        bob.next(StompCommand.MESSAGE, "three"); // and nothing that was settled
    }

    /** What a browser does wrong ends its own session, and says why. */
    private void error(House house) throws Exception {
        Relay relay = shared(house);
        Relay.Browser ann = relay.connect(null, 0);
        Relay.Browser bob = relay.connect(null, 0);
        StompHeaderAccessor h = ann.frame(StompCommand.SUBSCRIBE);
        h.setSubscriptionId("q");
        h.setDestination("/queue/");
        h.setReceipt("never");
        ann.send(h, "");
        StompHeaderAccessor e = StompHeaderAccessor.wrap(ann.next(StompCommand.ERROR, null));
        Check.that(e.getMessage() != null && !e.getMessage().isBlank(), "ERROR says nothing");
        bob.subscribe("q", "/queue/unharmed-" + broker, "auto");
        bob.publish("/queue/unharmed-" + broker, "still here");
        bob.next(StompCommand.MESSAGE, "still here");
    }

    /** Beats of the server reach a browser, and its own keep it connected. */
    private void heartbeats(House house) throws Exception {
        Relay relay = shared(house);
        Relay.Browser ann = relay.connect(null, 500);
        Check.same("heart-beat", List.of(3000L, 3000L), java.util.Arrays.stream(ann.connected.getHeartbeat()).boxed().toList());
        for (int beats = 0; beats < 4; ) {
            if (SimpMessageHeaderAccessor.getMessageType(ann.any().getHeaders()) == SimpMessageType.HEARTBEAT) {
                beats++;
                ann.beat();
            }
        }
        ann.send(ann.frame(StompCommand.DISCONNECT), "");
    }

    /** A user is spoken to by name: over a queue of each session that Spring makes up. */
    private void users(House house) throws Exception {
        toUser(house, "/queue/answers-" + broker);
    }

    /** The same as Spring's documentation recommends it for RabbitMQ, where the queues go with the sessions. */
    private void usersByExchange(House house) throws Exception {
        toUser(house, "/exchange/amq.direct/answers");
    }

    private void toUser(House house, String destination) throws Exception {
        Relay relay = shared(house);
        Relay.Browser ann = relay.connect("ann", 0);
        Relay.Browser bob = relay.connect("bob", 0);
        for (Relay.Browser b : List.of(ann, bob)) {
            StompHeaderAccessor h = b.frame(StompCommand.SUBSCRIBE);
            h.setSubscriptionId("u");
            h.setDestination("/user" + destination);
            h.setReceipt("subscribed");
            b.send(h, "");
            b.receipt("subscribed");
        }
        relay.template.convertAndSendToUser("bob", destination, "for bob".getBytes());
        relay.template.convertAndSendToUser("ann", destination, "for ann".getBytes());
        for (Relay.Browser b : List.of(ann, bob)) {
            StompHeaderAccessor h = StompHeaderAccessor.wrap(b.next(StompCommand.MESSAGE, b == ann ? "for ann" : "for bob"));
            // What the browser is shown for the destination is read out of this header.
            Check.same("original destination", "/user" + destination, h.getFirstNativeHeader(StompHeaderAccessor.ORIGINAL_DESTINATION));
        }
    }

    /** Sends to the relay's own subscription until it hears it: Spring says that the broker is there before it subscribes. */
    private static void broadcast(Relay relay, String topic, String text, BlockingQueue<String> heard) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Check.PATIENCE);
        String got;
        do {
            Check.that(System.nanoTime() < end, "no broadcast came");
            relay.template.convertAndSend(topic, text.getBytes());
            got = heard.poll(50, TimeUnit.MILLISECONDS);
        } while (got == null);
        Check.same("broadcast", text, got);
    }

    /** The relay subscribes for itself, as it does for a registry of users that servers share. */
    private void subscriptions(House house) throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        String topic = "/topic/simp-user-registry-" + broker;
        try (Relay relay = open(house, Map.of(topic, m -> heard.add(new String((byte[]) m.getPayload()))))) {
            broadcast(relay, topic, "who is there", heard);
        }
    }

    /**
     * When the server goes, the application is told, sends are refused and browsers get an ERROR. When it is
     * back the relay comes by itself, subscribes again, and what was confirmed is there.
     */
    private void restart(House house) throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        String topic = "/topic/own-" + broker, queue = "/queue/kept-" + broker;
        try (Relay relay = open(house, Map.of(topic, m -> heard.add(new String((byte[]) m.getPayload()))))) {
            Relay.Browser ann = relay.connect(null, 0);
            ann.publish(queue, "before");
            house.stop();
            relay.available(false);
            ann.next(StompCommand.ERROR, null);
            Check.fails(MessageDeliveryException.class, () -> {
                relay.template.convertAndSend(queue, "lost".getBytes());
                return null;
            });
            house.start();
            relay.available(true);
            broadcast(relay, topic, "again", heard);
            Relay.Browser bob = relay.connect(null, 0);
            bob.subscribe("q", queue, "auto");
            bob.next(StompCommand.MESSAGE, "before");
            bob.publish(queue, "after");
            bob.next(StompCommand.MESSAGE, "after");
        }
    }

    /** A virtual host that RabbitMQ would not have either: a browser is told so. */
    private static void virtualHost(House house) throws Exception {
        try (Relay relay = new Relay(house.rabbitmq(), "production", PREFIXES, Map.of())) {
            AssertionError e = null;
            try {
                relay.connect(null, 0);
            } catch (AssertionError got) {
                e = got;
            }
            Check.that(e != null && e.getMessage().contains("Broker not available"), "not refused, but " + e);
        }
    }
}
