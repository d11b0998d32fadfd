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
 * Holds a server of NATS to what jnats counts on. Writes a line of JSON for each case. The argument is the JSON of
 * ../site_test.go.
 */
final class Judge {
    private Judge() {}

    private static Map<String, Scenario> cases() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        Core.list(all);
        Administration.list(all);
        Publishing.list(all);
        Consuming.list(all);
        return all;
    }

    public static void main(String[] args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err); // nobody else writes between the lines
        Gson gson = new GsonBuilder().disableHtmlEscaping().create();
        House house = gson.fromJson(args[0], House.class);
        Map<String, Scenario> cases = cases();
        cases.forEach((name, scenario) -> out.println(gson.toJson(judge(name, scenario, house))));
        out.println(gson.toJson(Map.of("done", cases.size())));
        System.exit(0); // threads of the libraries may wait for messages still
    }

    private static Map<String, String> judge(String name, Scenario scenario, House house) {
        try {
            scenario.run(house);
            return Map.of("case", name);
        } catch (Throwable e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text));
            return Map.of("case", name, "error", text.toString());
        }
    }
}
