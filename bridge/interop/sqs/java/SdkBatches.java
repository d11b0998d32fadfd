import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;

/** Batches of messages, whole ones and those with an entry that is refused. */
final class SdkBatches {
    private SdkBatches() {}

    static SendMessageBatchRequestEntry entry(String id, String body) {
        return SendMessageBatchRequestEntry.builder().id(id).messageBody(body).build();
    }

    static List<SendMessageBatchRequestEntry> entries(int n) {
        return IntStream.range(0, n).mapToObj(i -> entry("e" + i, "body " + i)).toList();
    }

    static List<DeleteMessageBatchRequestEntry> deletes(List<Message> messages) {
        return IntStream.range(0, messages.size()).mapToObj(i -> DeleteMessageBatchRequestEntry.builder()
                .id("d" + i).receiptHandle(messages.get(i).receiptHandle()).build()).toList();
    }

    static List<ChangeMessageVisibilityBatchRequestEntry> changes(List<Message> messages, int seconds) {
        return IntStream.range(0, messages.size()).mapToObj(i -> ChangeMessageVisibilityBatchRequestEntry.builder()
                .id("c" + i).receiptHandle(messages.get(i).receiptHandle()).visibilityTimeout(seconds).build()).toList();
    }

    /** Receives until there are n messages. */
    static List<Message> receive(House house, String url, int n) {
        List<Message> all = new ArrayList<>();
        while (all.size() < n) {
            List<Message> some = house.receive(url);
            Check.that(!some.isEmpty(), "only " + all.size() + " of " + n + " messages came");
            all.addAll(some);
        }
        return all.stream().sorted(Comparator.comparing(Message::body)).toList();
    }

    static void batches(House house) {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-batches");
        SendMessageBatchResponse sent = sqs.sendMessageBatch(r -> r.queueUrl(url).entries(entries(10)));
        Check.same("failures", List.of(), sent.failed());
        Check.same("ids", entries(10).stream().map(SendMessageBatchRequestEntry::id).toList(),
                sent.successful().stream().map(s -> s.id()).toList());
        List<Message> got = receive(house, url, 10);
        Check.same("bodies", entries(10).stream().map(SendMessageBatchRequestEntry::messageBody).toList(), got.stream().map(Message::body).toList());
        Check.same("changed", 10, sqs.changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(changes(got, 0))).successful().size());
        List<Message> again = receive(house, url, 10);
        Check.same("deleted", 10, sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(deletes(again))).successful().size());
        house.isEmpty(url);
    }

    static void badEntries(House house) {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-bad-entries");
        SendMessageBatchResponse sent = sqs.sendMessageBatch(r -> r.queueUrl(url)
                .entries(entry("good", "a"), entry("control", "\u0001"), entry("late", "b").toBuilder().delaySeconds(901).build()));
        Check.same("successful", List.of("good"), sent.successful().stream().map(s -> s.id()).toList());
        failed(sent.failed(), "control InvalidMessageContents", "late InvalidParameterValue");

        Message m = house.receiveOne(url);
        Message bad = m.toBuilder().receiptHandle("bad").build();
        failed(sqs.changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(changes(List.of(m, bad), 60))).failed(), "c1 ReceiptHandleIsInvalid");
        failed(sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(deletes(List.of(bad, m)))).failed(), "d0 ReceiptHandleIsInvalid");
        house.isEmpty(url);
    }

    private static void failed(List<BatchResultErrorEntry> got, String... want) {
        Check.same("failures", Stream.of(want).toList(), got.stream().map(e -> e.id() + " " + e.code()).sorted().toList());
        for (BatchResultErrorEntry e : got) {
            Check.that(e.senderFault(), e.id() + " is called the server's fault: " + e.message());
        }
    }
}
