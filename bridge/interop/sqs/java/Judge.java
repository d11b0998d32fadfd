import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Answers requests from the standard input, one line of JSON each, on the standard output. A request
 * names a scenario, or asks for messages to be sent or received with the JMS library. One program
 * has all of them: a virtual machine takes longer to start than any of them.
 *
 * <p>Arguments: the endpoint of SQS and that of S3.
 */
final class Judge {
    private final Gson gson = new GsonBuilder().disableHtmlEscaping().create();
    private final House house;
    private final Map<String, Scenario> scenarios = Scenarios.all();

    private Judge(House house) {
        this.house = house;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err); // nobody else writes between the lines
        try (House house = new House(args[0], args[1])) {
            Judge judge = new Judge(house);
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line; (line = in.readLine()) != null; ) {
                Protocol.Request request = judge.gson.fromJson(line, Protocol.Request.class);
                out.println(judge.gson.toJson(judge.answer(request)));
            }
        }
        System.exit(0); // threads of the libraries may wait for messages still
    }

    private Protocol.Reply answer(Protocol.Request request) {
        try {
            return serve(request);
        } catch (AssertionError e) {
            return Protocol.Reply.failed(request.id(), e.getMessage());
        } catch (Throwable e) {
            return Protocol.Reply.failed(request.id(), trace(e));
        }
    }

    private Protocol.Reply serve(Protocol.Request request) throws Exception {
        switch (request.action()) {
            case "hello":
                return hello(request.id());
            case "produce":
                JmsPost.produce(house, request.queue(), request.messages());
                return Protocol.Reply.done(request.id());
            case "consume":
                return Protocol.Reply.with(request.id(),
                        JmsPost.consume(house, request.queue(), request.count(), request.timeoutMillis()));
            case "reply":
                JmsPost.reply(house, request.queue());
                return Protocol.Reply.done(request.id());
            case "forward":
                JmsPost.forward(house, request.queue());
                return Protocol.Reply.done(request.id());
            case "offload":
                Extended.offload(house, request.queue());
                return Protocol.Reply.done(request.id());
            case "fetch":
                Extended.fetch(house, request.queue());
                return Protocol.Reply.done(request.id());
            default:
                Scenario scenario = scenarios.get(request.action());
                Check.that(scenario != null, request.action() + " is no scenario");
                scenario.run(house);
                return Protocol.Reply.done(request.id());
        }
    }

    /** Names the scenarios as well, each with the library that it is about, so that the tests forget none. */
    private Protocol.Reply hello(int id) {
        Map<String, String> clients = new TreeMap<>();
        scenarios.keySet().forEach(name -> clients.put(name, Scenarios.library(name)));
        return new Protocol.Reply(id, null, "Java " + Runtime.version().feature(), clients, null);
    }

    private static String trace(Throwable e) {
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
