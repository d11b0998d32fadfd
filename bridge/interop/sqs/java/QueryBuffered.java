import com.amazonaws.services.sqs.buffered.AmazonSQSBufferedAsyncClient;
import com.amazonaws.services.sqs.buffered.QueueBufferConfig;
import com.amazonaws.services.sqs.model.DeleteMessageRequest;
import com.amazonaws.services.sqs.model.Message;
import com.amazonaws.services.sqs.model.ReceiveMessageRequest;
import com.amazonaws.services.sqs.model.SendMessageRequest;
import com.amazonaws.services.sqs.model.SendMessageResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The buffered client of the SDK for Java 1.x, which makes batches of single calls and fetches ahead. */
final class QueryBuffered {
    private static final int MESSAGES = 200;

    private QueryBuffered() {}

    static void all(House house) throws Exception {
        String url = house.queue("query-buffered");
        AmazonSQSBufferedAsyncClient sqs = new AmazonSQSBufferedAsyncClient(QueryForm.client(house),
                new QueueBufferConfig().withVisibilityTimeoutSeconds(300).withMaxInflightReceiveBatches(2).withMaxDoneReceiveBatches(2));
        Map<String, String> bodies = send(sqs, url);
        Set<String> seen = new HashSet<>();
        List<Future<?>> deletes = new ArrayList<>();
        while (seen.size() < MESSAGES) {
            for (Message m : sqs.receiveMessage(new ReceiveMessageRequest(url).withMaxNumberOfMessages(10)).getMessages()) {
                Check.that(seen.add(m.getMessageId()), m.getBody() + " came twice");
                Check.same("body of " + m.getMessageId(), bodies.get(m.getMessageId()), m.getBody());
                deletes.add(sqs.deleteMessageAsync(new DeleteMessageRequest(url, m.getReceiptHandle())));
            }
        }
        for (Future<?> d : deletes) {
            d.get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        house.isEmpty(url);
    }

    private static Map<String, String> send(AmazonSQSBufferedAsyncClient sqs, String url) throws Exception {
        Map<String, Future<SendMessageResult>> sent = new HashMap<>();
        for (int i = 0; i < MESSAGES; i++) {
            sent.put("message " + i, sqs.sendMessageAsync(new SendMessageRequest(url, "message " + i)));
        }
        Map<String, String> bodies = new HashMap<>();
        for (Map.Entry<String, Future<SendMessageResult>> s : sent.entrySet()) {
            bodies.put(s.getValue().get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS).getMessageId(), s.getKey());
        }
        Check.same("number of ids", MESSAGES, bodies.size());
        return bodies;
    }
}
