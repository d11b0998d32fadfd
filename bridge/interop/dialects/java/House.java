import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The addresses of the listeners that speak as each broker does, and the lever that stops and starts them all. */
record House(Address plain, Address activemq, Address artemis, Address rabbitmq, Address lever) {
    record Address(String host, int port) {
        static Address of(String text) {
            int colon = text.lastIndexOf(':');
            return new Address(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    static House of(String[] args) {
        return new House(Address.of(args[0]), Address.of(args[1]), Address.of(args[2]), Address.of(args[3]), Address.of(args[4]));
    }

    void stop() throws IOException {
        pull("stop");
    }

    void start() throws IOException {
        pull("start");
    }

    private void pull(String order) throws IOException {
        try (Socket s = new Socket(lever.host, lever.port)) {
            s.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
            Check.same("answer to " + order, "ok",
                    new BufferedReader(new InputStreamReader(s.getInputStream(), StandardCharsets.UTF_8)).readLine());
        }
    }
}
