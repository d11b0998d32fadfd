import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.springframework.messaging.MessageDeliveryException;
import org.springframework.messaging.simp.stomp.ReactorNettyTcpStompClient;
import org.springframework.messaging.simp.stomp.StompClientSupport;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompFrameHandler;
import org.springframework.messaging.simp.stomp.StompHeaders;
import org.springframework.messaging.simp.stomp.StompSession;
import org.springframework.messaging.simp.stomp.StompSessionHandler;
import org.springframework.messaging.simp.stomp.StompSessionHandlerAdapter;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.socket.client.standard.StandardWebSocketClient;
import org.springframework.web.socket.messaging.WebSocketStompClient;

/** Spring's STOMP clients, over TCP and over WebSocket. */
final class ClientCases {
    private ClientCases() {}

    static void list(Map<String, Scenario> all) {
        for (String broker : List.of("plain", "activemq", "artemis", "rabbitmq")) {
            all.put("Spring's TCP client, " + broker, house -> overTCP(at(house, broker), broker));
        }
        all.put("Spring's WebSocket client", ClientCases::overWebSocket);
        all.put("Spring's WebSocket client in binary", ClientCases::binaryOverWebSocket);
        all.put("Spring's client, an error", ClientCases::error);
    }

    private static House.Address at(House house, String broker) {
        return switch (broker) {
            case "activemq" -> house.activemq();
            case "artemis" -> house.artemis();
            case "rabbitmq" -> house.rabbitmq();
            default -> house.plain();
        };
    }

    /** What a message brings. */
    private record Got(StompHeaders headers, byte[] body) {}

    private static void overTCP(House.Address at, String broker) throws Exception {
        ReactorNettyTcpStompClient client = new ReactorNettyTcpStompClient(at.host(), at.port());
        try (Clock clock = new Clock(client)) {
            StompHeaders connect = new StompHeaders();
            connect.setHost("/");
            exchange(client.connectAsync(connect, new StompSessionHandlerAdapter() {}).get(Check.PATIENCE, TimeUnit.SECONDS), "/queue/spring-" + broker);
        } finally {
            client.shutdown();
        }
    }

    private static void overWebSocket(House house) throws Exception {
        WebSocketStompClient client = new WebSocketStompClient(new StandardWebSocketClient());
        try (Clock clock = new Clock(client)) {
            exchange(connect(client, house.plain(), new StompSessionHandlerAdapter() {}), "/queue/spring-web");
        }
    }

    /** Frames in pieces, as a client sends them for servers that take small messages. */
    private static void binaryOverWebSocket(House house) throws Exception {
        WebSocketStompClient client = new WebSocketStompClient(new StandardWebSocketClient());
        client.setInboundMessageSizeLimit(1 << 20);
        client.setOutboundMessageSizeLimit(16 * 1024);
        try (Clock clock = new Clock(client)) {
            StompSession session = connect(client, house.rabbitmq(), new StompSessionHandlerAdapter() {});
            byte[] every = new byte[100_000];
            for (int i = 0; i < every.length; i++) {
                every[i] = (byte) i;
            }
            BlockingQueue<Got> got = subscribe(session, "/queue/spring-binary", "auto");
            StompHeaders send = new StompHeaders();
            send.setDestination("/queue/spring-binary");
            send.setContentType(MimeTypeUtils.APPLICATION_OCTET_STREAM); // the client sends a text otherwise, and spoils it
            confirmed(session.send(send, every));
            Check.same("body", every, Check.next("message", got).body());
            last(session::disconnect);
        }
    }

    private static StompSession connect(WebSocketStompClient client, House.Address at, StompSessionHandler handler) throws Exception {
        return client.connectAsync("ws://" + at + "/ws", handler).get(Check.PATIENCE, TimeUnit.SECONDS);
    }

    /** Sends with receipts, subscribes with each ack mode, gives back and takes. */
    private static void exchange(StompSession session, String queue) throws Exception {
        session.setAutoReceipt(true);
        StompHeaders send = new StompHeaders();
        send.setDestination(queue);
        send.set("colour", "grün: \\ and\nmore");
        confirmed(session.send(send, "wörld \0 end".getBytes(StandardCharsets.UTF_8)));
        BlockingQueue<Got> got = subscribe(session, queue, "client-individual");
        Got first = Check.next("message", got);
        Check.same("body", "wörld \0 end", new String(first.body(), StandardCharsets.UTF_8));
        Check.same("header", "grün: \\ and\nmore", first.headers().getFirst("colour"));
        Check.same("destination", queue, first.headers().getDestination());
        confirmed(session.acknowledge(first.headers().getAck(), true));
        session.send(queue, "next".getBytes());
        Check.same("body", "next", new String(Check.next("message", got).body(), StandardCharsets.UTF_8));
        last(session::disconnect);
    }

    /** Sends the last frame. Tyrus may find its own clock stopped when the server has closed by the time it has sent. */
    private static void last(Runnable send) {
        try {
            send.run();
        } catch (MessageDeliveryException e) {
            if (!(e.getCause() instanceof RejectedExecutionException)) {
                throw e;
            }
        }
    }

    private static BlockingQueue<Got> subscribe(StompSession session, String queue, String ack) throws Exception {
        BlockingQueue<Got> got = new LinkedBlockingQueue<>();
        StompHeaders h = new StompHeaders();
        h.setDestination(queue);
        h.setAck(ack);
        session.setAutoReceipt(true);
        confirmed(session.subscribe(h, new StompFrameHandler() {
            @Override
            public Type getPayloadType(StompHeaders headers) {
                return byte[].class;
            }

            @Override
            public void handleFrame(StompHeaders headers, Object payload) {
                got.add(new Got(headers, (byte[]) payload));
            }
        }));
        return got;
    }

    /** Waits for the receipt of a frame. */
    private static void confirmed(StompSession.Receiptable frame) throws Exception {
        CompletableFuture<String> receipt = new CompletableFuture<>();
        frame.addReceiptTask(() -> receipt.complete("came"));
        frame.addReceiptLostTask(() -> receipt.complete("was lost"));
        Check.same("receipt", "came", receipt.get(Check.PATIENCE, TimeUnit.SECONDS));
    }

    /** An ERROR reaches the handler, with its headers and its words, and then the connection is gone. */
    private static void error(House house) throws Exception {
        WebSocketStompClient client = new WebSocketStompClient(new StandardWebSocketClient());
        BlockingQueue<String> errors = new LinkedBlockingQueue<>(), lost = new LinkedBlockingQueue<>();
        try (Clock clock = new Clock(client)) {
            StompSession session = connect(client, house.activemq(), new StompSessionHandlerAdapter() {
                @Override
                public Type getPayloadType(StompHeaders headers) {
                    return byte[].class;
                }

                @Override
                public void handleFrame(StompHeaders headers, Object payload) {
                    errors.add(headers.getFirst("message") + ": " + new String((byte[]) payload, StandardCharsets.UTF_8));
                }

                @Override
                public void handleException(StompSession s, StompCommand c, StompHeaders h, byte[] p, Throwable e) {
                    errors.add(e.toString());
                }

                @Override
                public void handleTransportError(StompSession s, Throwable e) {
                    lost.add(e.toString());
                }
            });
            last(() -> session.send("nowhere", "x".getBytes()));
            String said = Check.next("error", errors);
            Check.that(said.contains("nowhere"), "ERROR does not name the destination: " + said);
            Check.next("end of the connection", lost);
        }
    }

    /** The clock of a client, for beats of 10 s and receipts. */
    private static final class Clock implements AutoCloseable {
        private final ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();

        Clock(StompClientSupport client) {
            scheduler.initialize();
            client.setTaskScheduler(scheduler);
            client.setReceiptTimeLimit(TimeUnit.SECONDS.toMillis(Check.PATIENCE));
        }

        @Override
        public void close() {
            scheduler.shutdown();
        }
    }
}
