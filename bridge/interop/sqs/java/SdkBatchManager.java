import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.sqs.batchmanager.SqsAsyncBatchManager;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** The SDK's batch manager makes batches of single calls, and long polls of receives. */
final class SdkBatchManager {
    private static final int MESSAGES = 300;

    private SdkBatchManager() {}

    static void all(House house) throws Exception {
        String url = house.queue("sdk-batch-manager", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "300"));
        try (SqsAsyncBatchManager manager = house.async().batchManager()) {
            Map<String, String> sent = send(manager, url);
            house.holds(url, MESSAGES, 0, 0);
            List<Message> received = receive(manager, url, sent);
            List<CompletableFuture<?>> changes = new ArrayList<>();
            for (Message m : received.subList(0, MESSAGES / 3)) {
                changes.add(manager.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()).visibilityTimeout(600)));
            }
            await(changes);
            house.holds(url, 0, MESSAGES, 0);
            List<CompletableFuture<?>> deletes = new ArrayList<>();
            for (Message m : received) {
                deletes.add(manager.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle())));
            }
            await(deletes);
        }
        house.isEmpty(url);
    }

    /** Returns the body of each message by its id. */
    private static Map<String, String> send(SqsAsyncBatchManager manager, String url) throws Exception {
        Map<String, CompletableFuture<String>> ids = new HashMap<>();
        for (int i = 0; i < MESSAGES; i++) {
            String body = "message " + i;
            ids.put(body, manager.sendMessage(r -> r.queueUrl(url).messageBody(body)).thenApply(s -> s.messageId()));
        }
        await(ids.values());
        Map<String, String> bodies = new HashMap<>();
        ids.forEach((body, id) -> bodies.put(id.join(), body));
        Check.same("number of ids", MESSAGES, bodies.size());
        return bodies;
    }

    /** Everything that was sent comes, with the id it was given, and nothing comes twice. */
    private static List<Message> receive(SqsAsyncBatchManager manager, String url, Map<String, String> sent) throws Exception {
        List<Message> all = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        while (all.size() < MESSAGES) {
            List<Message> some = manager.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(5)).get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS).messages();
            for (Message m : some) {
                Check.that(seen.add(m.messageId()), m.body() + " came twice");
                Check.same("body of " + m.messageId(), sent.get(m.messageId()), m.body());
            }
            all.addAll(some);
        }
        return all;
    }

    private static void await(Iterable<? extends CompletableFuture<?>> calls) throws Exception {
        for (CompletableFuture<?> c : calls) {
            c.get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** The entry that is refused is the call that fails; its neighbours in the batch do not. */
    static void failures(House house) throws Exception {
        String url = house.queue("sdk-batch-manager-errors");
        try (SqsAsyncBatchManager manager = house.async().batchManager()) {
            CompletableFuture<?> bad = manager.sendMessage(r -> r.queueUrl(url).messageBody("\u0001"));
            CompletableFuture<?> good = manager.sendMessage(r -> r.queueUrl(url).messageBody("good"));
            good.get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            SqsException refused = Check.fails(SqsException.class, () -> cause(bad));
            Check.same("code", "InvalidMessageContents", refused.awsErrorDetails().errorCode());
            Check.fails(QueueDoesNotExistException.class, () -> cause(manager.sendMessage(r -> r.queueUrl(url + "-nowhere").messageBody("x"))));
        }
        house.holds(url, 1, 0, 0);
    }

    private static Object cause(CompletableFuture<?> call) throws Exception {
        try {
            return call.get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }
}
