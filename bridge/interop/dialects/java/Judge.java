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
 * Holds a house to what Spring's STOMP broker relay, Spring's STOMP clients and a JMS client count on.
 * Writes a line of JSON for each case. Arguments: the addresses of the listeners for plain,
 * activemq, artemis and rabbitmq, and that of the lever.
 */
final class Judge {
    private Judge() {}

    private static Map<String, Scenario> cases() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        RelayCases.list(all);
        ClientCases.list(all);
        JmsQueues.list(all);
        JmsTransactions.list(all);
        JmsTopics.list(all);
        JmsMessages.list(all);
        return all;
    }

    public static void main(String[] args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        System.setOut(System.err); // nobody else writes between the lines
        Gson gson = new GsonBuilder().disableHtmlEscaping().create();
        House house = House.of(args);
        Map<String, Scenario> cases = cases();
        cases.forEach((name, scenario) -> out.println(gson.toJson(judge(name, scenario, house))));
        out.println(gson.toJson(Map.of("done", cases.size())));
        System.exit(0); // threads of the libraries may wait for messages still
    }

    private static Map<String, String> judge(String name, Scenario scenario, House house) {
        try {
            scenario.run(house);
            return Map.of("case", name);
        } catch (Skip e) {
            return Map.of("case", name, "skip", e.getMessage());
        } catch (Throwable e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text));
            return Map.of("case", name, "error", text.toString());
        }
    }
}
