import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Core NATS: between clients, nothing kept. */
final class Core {
    private static final Duration PATIENCE = Duration.ofSeconds(Check.PATIENCE);

    private Core() {}

    static void list(Map<String, Scenario> all) {
        all.put("core request and reply", Core::requestAndReply);
        all.put("core queue group", Core::queueGroup);
        all.put("core nobody there", Core::nobodyThere);
        all.put("core drain", Core::drain);
        all.put("core TLS with a CA of its own", Core::tls);
    }

    private static void requestAndReply(House house) throws Exception {
        try (Connection nc = house.connect()) {
            Dispatcher d = nc.createDispatcher(m -> nc.publish(m.getReplyTo(), m.getHeaders(), m.getData()));
            d.subscribe("java.echo");
            Headers h = new Headers().add("K", "v");
            var got = nc.request("java.echo", h, new byte[] {1, 0, -1}, PATIENCE);
            Check.same("body", new byte[] {1, 0, -1}, got.getData());
            Check.same("header", "v", got.getHeaders().getFirst("K"));
        }
    }

    private static void queueGroup(House house) throws Exception {
        try (Connection nc = house.connect()) {
            AtomicIntegerArray counts = new AtomicIntegerArray(3);
            var every = new java.util.concurrent.CountDownLatch(300);
            for (int i = 0; i < 3; i++) {
                int mine = i;
                nc.createDispatcher(m -> {
                    counts.incrementAndGet(mine);
                    every.countDown();
                }).subscribe("java.work", "workers");
            }
            for (int i = 0; i < 300; i++) {
                nc.publish("java.work", new byte[0]);
            }
            Check.that(every.await(Check.PATIENCE, TimeUnit.SECONDS), "not all came: " + counts);
            Check.same("total", 300, counts.get(0) + counts.get(1) + counts.get(2));
        }
    }

    private static void nobodyThere(House house) throws Exception {
        try (Connection nc = house.connect()) {
            Check.that(Check.fails(Exception.class, () -> nc.request("java.nobody", null).get(Check.PATIENCE, TimeUnit.SECONDS))
                    instanceof CancellationException, "a request that nobody answers is not cancelled");
        }
    }

    private static void drain(House house) throws Exception {
        try (Connection one = house.connect(); Connection two = house.connect()) {
            var got = new java.util.concurrent.atomic.AtomicInteger();
            one.createDispatcher(m -> got.incrementAndGet()).subscribe("java.drain");
            one.flush(PATIENCE);
            for (int i = 0; i < 200; i++) {
                two.publish("java.drain", null);
            }
            two.flush(PATIENCE);
            Check.that(one.drain(PATIENCE).get(Check.PATIENCE, TimeUnit.SECONDS), "not drained");
            Check.same("messages", 200, got.get());
        }
    }

    private static void tls(House house) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (var file = new FileInputStream(house.ca())) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (Connection nc = Nats.connect(House.options().server(house.secure()).sslContext(context).noReconnect().build())) {
            Subscription s = nc.subscribe("java.tls");
            nc.publish("java.tls", "x".getBytes(StandardCharsets.UTF_8));
            Check.that(s.nextMessage(PATIENCE) != null, "nothing came in TLS");
        }
        Check.fails(IOException.class, () -> Nats.connect(House.options().server(house.secure()).noReconnect().build()));
    }
}
