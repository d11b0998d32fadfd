import com.google.gson.annotations.SerializedName;
import java.util.List;
import java.util.Map;

/** The lines that come and go, as ../../driver/protocol.go has them. */
final class Protocol {
    private Protocol() {}

    record Request(int id, @SerializedName("do") String action, String queue, List<Message> messages, int count,
                   @SerializedName("timeout_ms") int timeoutMillis) {}

    record Reply(int id, String error, String language, Map<String, String> clients, List<Message> messages) {
        static Reply done(int id) {
            return new Reply(id, null, null, null, null);
        }

        static Reply failed(int id, String error) {
            return new Reply(id, error, null, null, null);
        }

        static Reply with(int id, List<Message> messages) {
            return new Reply(id, null, null, null, messages);
        }
    }

    /** Headers are what JMS has a method for, attributes the properties. The body is in base64. */
    record Message(String body, List<List<String>> headers, List<Attribute> attributes, int attempt, String destination) {
        String header(String name) {
            if (headers != null) {
                for (List<String> h : headers) {
                    if (h.get(0).equals(name)) {
                        return h.get(1);
                    }
                }
            }
            return null;
        }
    }

    /** The type of a property is that of Java's word for it: int, boolean, String. */
    record Attribute(String name, String type, String text) {}
}
