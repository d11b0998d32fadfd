import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamManagement;
import io.nats.client.Message;
import io.nats.client.Options;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/** jnats. */
final class Nats {
    private static final Duration PATIENCE = Duration.ofSeconds(60); // when to give up

    private Nats() {}

    static void byPassword(Site site) throws Exception {
        exchange(options(site.nats(), site.trusting()).userInfo(site.user(), site.password()));
    }

    static void byCertificate(Site site) throws Exception {
        exchange(options(site.nats(), site.showing()));
    }

    static void first(Site site) throws Exception {
        exchange(options(site.first(), site.showing()).tlsFirst());
    }

    static void untrusted(Site site) throws Exception {
        AtomicReference<Exception> why = new AtomicReference<>();
        ErrorListener listener = new ErrorListener() {
            @Override
            public void exceptionOccurred(Connection nc, Exception e) {
                why.set(e);
            }
        };
        Check.distrusts(() -> {
            try {
                exchange(options(site.nats(), Site.untrusting()).errorListener(listener));
            } catch (IOException e) {
                throw why.get() == null ? e : why.get(); // it says no more than that it could not connect
            }
        });
    }

    private static Options.Builder options(String address, Trust trust) throws Exception {
        return new Options.Builder().server("tls://" + address).sslContext(trust.context()).connectionTimeout(PATIENCE).noReconnect();
    }

    /** Tries again where this machine is too busy for the time that a login may take. */
    private static Connection connection(Options options) throws Exception {
        for (int tries = 1;; tries++) {
            try {
                return io.nats.client.Nats.connect(options);
            } catch (IOException e) {
                if (tries > 3 || !String.valueOf(e.getMessage()).toLowerCase().contains("authentication timeout")) {
                    throw e;
                }
            }
        }
    }

    private static void exchange(Options.Builder options) throws Exception {
        try (Connection nc = connection(options.build())) {
            JetStreamManagement jsm = nc.jetStreamManagement();
            jsm.addStream(StreamConfiguration.builder().name("java-nats").subjects("java-nats").retentionPolicy(RetentionPolicy.WorkQueue).build());
            jsm.addOrUpdateConsumer("java-nats", ConsumerConfiguration.builder().durable("c").build());
            nc.jetStream().publish("java-nats", "hello".getBytes(StandardCharsets.UTF_8));
            ConsumerContext consumer = nc.getConsumerContext("java-nats", "c");
            Message got = consumer.next(PATIENCE);
            Check.same("hello", got == null ? null : new String(got.getData(), StandardCharsets.UTF_8));
            got.ackSync(PATIENCE);
        }
    }
}
