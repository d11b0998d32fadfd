import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.FetchConsumeOptions;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;

/** Where the server is, and how it is stopped and started. */
record House(String url, String web, String secure, String ca, String lever, Map<String, String> differs) {
    Connection connect() throws IOException, InterruptedException {
        return Nats.connect(options().server(url).noReconnect().build());
    }

    /** Those of every connection. The cleanup cancels what was published asynchronously and has waited a while. */
    static Options.Builder options() {
        Duration patience = Duration.ofSeconds(Check.PATIENCE);
        return new Options.Builder().connectionTimeout(patience).requestCleanupInterval(patience);
    }

    /** Makes a work-queue stream of everything below its name. */
    static JetStreamManagement stream(Connection nc, String name) throws IOException, JetStreamApiException {
        JetStreamManagement jsm = nc.jetStreamManagement();
        jsm.addStream(settings(name).build());
        return jsm;
    }

    static StreamConfiguration.Builder settings(String name) {
        return StreamConfiguration.builder().name(name).subjects(name + ".>").retentionPolicy(RetentionPolicy.WorkQueue);
    }

    /** How many messages a stream has: in the first answer, or in a later one where a server counts later than it answers. */
    void left(Connection nc, String stream, long want) throws IOException, JetStreamApiException {
        long until = System.nanoTime() + Duration.ofSeconds(Check.PATIENCE).toNanos();
        long got = messages(nc, stream);
        while (got != want && differs.get("counts").equals("later") && System.nanoTime() - until < 0) {
            got = messages(nc, stream);
        }
        Check.same("left", want, got);
    }

    private static long messages(Connection nc, String stream) throws IOException, JetStreamApiException {
        return nc.jetStreamManagement().getStreamInfo(stream).getStreamState().getMsgCount();
    }

    /** A pull that does not wait brings nothing. */
    static void nothingComes(ConsumerContext c) throws Exception {
        try (var none = c.fetch(FetchConsumeOptions.builder().maxMessages(1).noWait().build())) {
            Check.that(none.nextMessage() == null, "something came");
        }
    }

    /** The call is refused by the API with this code, and a sentence. */
    static void refused(int code, Callable<?> call) throws Exception {
        JetStreamApiException e = Check.fails(JetStreamApiException.class, call);
        Check.same("code of " + e.getMessage(), code, e.getApiErrorCode());
        Check.that(!e.getErrorDescription().isBlank(), "nothing is said");
    }

    /** What comes of a call has all that the two servers differ in. */
    void answered(String difference, Callable<?> call) throws Exception {
        String got = "made";
        try {
            call.call();
        } catch (JetStreamApiException e) {
            got = e.getApiErrorCode() + " " + e.getErrorDescription();
        }
        for (String word : differs.get(difference).split(" ", 2)) {
            Check.that(got.contains(word), difference + ": " + got + ", want " + differs.get(difference));
        }
    }

    void pull(String order) throws IOException {
        String[] at = lever.split(":");
        try (Socket s = new Socket(at[0], Integer.parseInt(at[1]))) {
            s.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
            Check.same("answer to " + order, "ok",
                    new BufferedReader(new InputStreamReader(s.getInputStream(), StandardCharsets.UTF_8)).readLine());
        }
    }
}
