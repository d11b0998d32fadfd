import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.context.ApplicationEvent;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHandler;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.simp.broker.BrokerAvailabilityEvent;
import org.springframework.messaging.simp.stomp.StompBrokerRelayMessageHandler;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.messaging.simp.user.UserDestinationMessageHandler;
import org.springframework.messaging.support.ExecutorSubscribableChannel;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.messaging.support.MessageHeaderAccessor;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.web.socket.messaging.DefaultSimpUserRegistry;
import org.springframework.web.socket.messaging.SessionConnectedEvent;

/**
 * Spring's STOMP broker relay with the channels that an application has around it, wired as
 * {@code enableStompBrokerRelay} does. What comes from and goes to browsers are messages of these channels.
 */
final class Relay implements AutoCloseable {
    private final ExecutorSubscribableChannel inbound = new ExecutorSubscribableChannel();
    private final ExecutorSubscribableChannel outbound = new ExecutorSubscribableChannel();
    private final ExecutorSubscribableChannel broker = new ExecutorSubscribableChannel();
    private final ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
    private final DefaultSimpUserRegistry users = new DefaultSimpUserRegistry();
    private final UserDestinationMessageHandler userDestinations;
    private final BlockingQueue<ApplicationEvent> events = new LinkedBlockingQueue<>();
    private final AtomicInteger made = new AtomicInteger();
    private final Map<String, BlockingQueue<Message<?>>> sessions = new ConcurrentHashMap<>();

    final StompBrokerRelayMessageHandler handler;
    /** What the application sends with. */
    final SimpMessagingTemplate template = new SimpMessagingTemplate(broker);

    /** A relay to a listener, with system subscriptions. Its heart-beats are Spring's own, of 10 s. */
    Relay(House.Address at, String virtualHost, List<String> prefixes, Map<String, MessageHandler> subscriptions) {
        handler = new StompBrokerRelayMessageHandler(inbound, outbound, broker, prefixes);
        handler.setRelayHost(at.host());
        handler.setRelayPort(at.port());
        handler.setVirtualHost(virtualHost);
        handler.setSystemSubscriptions(subscriptions);
        handler.setApplicationEventPublisher(e -> {
            if (e instanceof ApplicationEvent event) {
                events.add(event);
            }
        });
        scheduler.initialize();
        handler.setTaskScheduler(scheduler);
        userDestinations = new UserDestinationMessageHandler(inbound, broker, new DefaultUserDestinationResolver(users));
        outbound.subscribe(m -> session(SimpMessageHeaderAccessor.getSessionId(m.getHeaders())).add(m));
        userDestinations.start();
        handler.start();
    }

    /** The broker is there, or gone, as an application is told. */
    void available(boolean want) throws InterruptedException {
        BrokerAvailabilityEvent e = (BrokerAvailabilityEvent) Check.next("event", events);
        Check.same("availability", want, e.isBrokerAvailable());
    }

    /** A browser connects, in a session of its own. */
    Browser connect(String user, long heartbeat) throws Exception {
        Browser b = new Browser("s" + made.incrementAndGet(), user == null ? null : () -> user);
        StompHeaderAccessor h = b.frame(StompCommand.CONNECT);
        h.setAcceptVersion("1.1,1.2");
        h.setHeartbeat(heartbeat, heartbeat);
        b.send(h, "");
        Message<?> connected = b.next(StompCommand.CONNECTED, null);
        if (user != null) {
            @SuppressWarnings("unchecked")
            Message<byte[]> m = (Message<byte[]>) MessageBuilder.createMessage(new byte[0], b.frame(StompCommand.CONNECTED).getMessageHeaders());
            users.onApplicationEvent(new SessionConnectedEvent(this, m, b.user));
        }
        b.connected = StompHeaderAccessor.wrap(connected);
        return b;
    }

    private BlockingQueue<Message<?>> session(String id) {
        return sessions.computeIfAbsent(id, x -> new LinkedBlockingQueue<>());
    }

    @Override
    public void close() {
        handler.stop();
        userDestinations.stop();
        scheduler.shutdown();
    }

    /** One session of a browser. */
    final class Browser {
        private final String id;
        private final Principal user;
        StompHeaderAccessor connected;

        private Browser(String id, Principal user) {
            this.id = id;
            this.user = user;
        }

        StompHeaderAccessor frame(StompCommand command) {
            StompHeaderAccessor h = StompHeaderAccessor.create(command);
            h.setSessionId(id);
            h.setUser(user);
            h.setLeaveMutable(true);
            return h;
        }

        void send(StompHeaderAccessor h, String body) {
            inbound.send(MessageBuilder.createMessage(body.getBytes(StandardCharsets.UTF_8), h.getMessageHeaders()));
        }

        /** A heart-beat, as a browser sends it. */
        void beat() {
            StompHeaderAccessor h = StompHeaderAccessor.createForHeartbeat();
            h.setSessionId(id);
            inbound.send(MessageBuilder.createMessage(new byte[] {(byte) 10}, h.getMessageHeaders()));
        }

        void subscribe(String sub, String destination, String ack) throws Exception {
            StompHeaderAccessor h = frame(StompCommand.SUBSCRIBE);
            h.setSubscriptionId(sub);
            h.setDestination(destination);
            h.setAck(ack);
            h.setReceipt("subscribed-" + sub);
            send(h, "");
            receipt("subscribed-" + sub);
        }

        void publish(String destination, String body) throws Exception {
            StompHeaderAccessor h = frame(StompCommand.SEND);
            h.setDestination(destination);
            h.setReceipt("sent");
            send(h, body);
            receipt("sent");
        }

        /** ACK or NACK of a message, with a receipt. */
        void settle(StompCommand command, Message<?> message) throws Exception {
            StompHeaderAccessor of = StompHeaderAccessor.wrap(message);
            StompHeaderAccessor h = frame(command);
            h.addNativeHeader("id", of.getFirstNativeHeader("ack"));
            h.setReceipt("settled");
            send(h, "");
            receipt("settled");
        }

        void receipt(String want) throws Exception {
            Message<?> m = next(StompCommand.RECEIPT, null);
            Check.same("receipt-id", want, StompHeaderAccessor.wrap(m).getReceiptId());
        }

        /** The next frame, which is of this kind, and if it is a MESSAGE has this body. */
        Message<?> next(StompCommand want, String body) throws Exception {
            Message<?> m = Check.next(want.toString(), session(id));
            StompHeaderAccessor h = MessageHeaderAccessor.getAccessor(m, StompHeaderAccessor.class);
            String text = new String((byte[]) m.getPayload(), StandardCharsets.UTF_8);
            Check.that(h != null && h.getCommand() == want, "not " + want + ", but " + m + " " + text);
            if (body != null) {
                Check.same("body", body, text);
            }
            return m;
        }

        /** Whatever comes next. */
        Message<?> any() throws Exception {
            return Check.next("frame", session(id));
        }
    }
}
