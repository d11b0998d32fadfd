import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Has the SDK, StompJMS and jnats connect in TLS with a private CA. Writes a line of JSON for each case. The argument is the
 * JSON of ../site_test.go.
 */
final class Judge {
    private Judge() {}

    /** Does something with a client and throws where what comes of it is not as it should be. */
    @FunctionalInterface
    interface Case {
        void run(Site site) throws Exception;
    }

    private static Map<String, Case> cases() {
        Map<String, Case> all = new LinkedHashMap<>();
        all.put("sqs_signed", Sqs::signed);
        all.put("sqs_by_certificate", Sqs::byCertificate);
        all.put("sqs_untrusted", Sqs::untrusted);
        all.put("stomp_by_passcode", Stomp::byPasscode);
        all.put("stomp_by_certificate", Stomp::byCertificate);
        all.put("stomp_untrusted", Stomp::untrusted);
        all.put("nats_by_password", Nats::byPassword);
        all.put("nats_by_certificate", Nats::byCertificate);
        all.put("nats_first", Nats::first);
        all.put("nats_untrusted", Nats::untrusted);
        return all;
    }

    public static void main(String[] args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        System.setOut(System.err); // nobody else writes between the lines
        Gson gson = new GsonBuilder().disableHtmlEscaping().create();
        Site site = gson.fromJson(args[0], Site.class);
        Map<String, Case> cases = cases();
        cases.forEach((name, one) -> out.println(gson.toJson(judge(name, one, site))));
        out.println(gson.toJson(Map.of("done", cases.size())));
        System.exit(0); // threads of the libraries may wait for messages still
    }

    private static Map<String, String> judge(String name, Case one, Site site) {
        try {
            one.run(site);
            return Map.of("case", name);
        } catch (Throwable e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text));
            return Map.of("case", name, "error", text.toString());
        }
    }
}
