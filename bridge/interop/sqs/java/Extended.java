import com.amazon.sqs.javamessaging.AmazonSQSExtendedClient;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The extended client keeps large bodies in S3; what goes through SQS is a pointer to them. */
final class Extended {
    private static final String POINTER = "software.amazon.payloadoffloading.PayloadS3Pointer";
    private static final String OLD_POINTER = "com.amazon.sqs.javamessaging.MessageS3Pointer";
    private static final String LARGE = "ä".repeat(150_000); // 300,000 bytes, over the library's threshold

    private Extended() {}

    private static List<Message> receive(SqsClient sqs, String url) {
        return sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(20).messageAttributeNames("All")
                .messageSystemAttributeNames(MessageSystemAttributeName.ALL)).messages();
    }

    static void roundTrip(House house) {
        Bucket bucket = new Bucket(house, "extended-round-trip");
        String url = house.queue("extended-round-trip");
        for (SqsClient sqs : List.of(bucket.client(), bucket.newNameClient())) {
            Map<String, MessageAttributeValue> attributes = Map.of("city", SdkMessages.text("String", "Zürich"));
            sqs.sendMessage(r -> r.queueUrl(url).messageBody(LARGE).messageAttributes(attributes));
            sqs.sendMessage(r -> r.queueUrl(url).messageBody("small"));
            Check.same("objects", 1, bucket.objects().size());
            List<Message> got = SdkBatches.receive(house, url, 2); // as a client sees them that knows no S3
            Check.that(got.get(0).body().startsWith("[\"" + POINTER + "\""), "the pointer is " + got.get(0).body());
            Check.same("the small one", "small", got.get(1).body());
            house.sqs().changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(SdkBatches.changes(got, 0)));
            for (int i = 0; i < 2; i++) {
                Message m = sqs.receiveMessage(r -> r.queueUrl(url).messageAttributeNames("All")).messages().get(0);
                Check.that(m.body().equals("small") || m.body().equals(LARGE), "a body has " + m.body().length() + " characters");
                Check.same("attributes", m.body().equals(LARGE) ? attributes : Map.of(), m.messageAttributes());
                sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()));
            }
            bucket.isEmpty();
            house.isEmpty(url);
        }
    }

    /** What SQS holds of a large message: the pointer, byte for byte, and the size under the old or the new name. */
    static void pointer(House house) {
        Bucket bucket = new Bucket(house, "extended-pointer");
        String url = house.queue("extended-pointer");
        bucket.client().sendMessage(r -> r.queueUrl(url).messageBody(LARGE));
        showsPointer(house, bucket, url, "SQSLargePayloadSize");
        bucket.newNameClient().sendMessage(r -> r.queueUrl(url).messageBody(LARGE));
        showsPointer(house, bucket, url, "ExtendedPayloadSize");
    }

    private static void showsPointer(House house, Bucket bucket, String url, String sizeName) {
        String key = bucket.key();
        Message m = house.receiveOne(url);
        Check.same("body", "[\"" + POINTER + "\",{\"s3BucketName\":\"" + bucket.name + "\",\"s3Key\":\"" + key + "\"}]", m.body());
        Check.same("attributes", Map.of(sizeName, SdkMessages.text("Number", "300000")), m.messageAttributes());
        house.sqs().changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()).visibilityTimeout(0));
        SqsClient sqs = bucket.client();
        Message large = receive(sqs, url).get(0);
        Check.that(large.receiptHandle().contains(key), "the handle has no key: " + large.receiptHandle());
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(large.receiptHandle()));
        bucket.isEmpty();
        house.isEmpty(url);
    }

    /** Pointers of either class under either attribute, as older clients and those of other languages send them. */
    static void pointersOfOthers(House house) {
        Bucket bucket = new Bucket(house, "extended-others");
        String url = house.queue("extended-others");
        SqsClient sqs = bucket.client();
        for (String type : List.of(POINTER, OLD_POINTER)) {
            for (String sizeName : List.of("SQSLargePayloadSize", "ExtendedPayloadSize")) {
                bucket.put("by/others", "large");
                String body = "[\"" + type + "\",{\"s3BucketName\":\"" + bucket.name + "\",\"s3Key\":\"by/others\"}]";
                house.sqs().sendMessage(r -> r.queueUrl(url).messageBody(body).messageAttributes(Map.of(sizeName, SdkMessages.text("Number", "5"))));
                Message m = receive(sqs, url).get(0);
                Check.same("body", "large", m.body());
                Check.same("attributes", Map.of(), m.messageAttributes());
                sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()));
                bucket.isEmpty();
            }
        }
        house.isEmpty(url);
    }

    /** The handle that the client shows has bucket and key in it, and works for everything. */
    static void visibility(House house) {
        Bucket bucket = new Bucket(house, "extended-visibility");
        String url = house.queue("extended-visibility", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        SqsClient sqs = bucket.client();
        sqs.sendMessage(r -> r.queueUrl(url).messageBody(LARGE));
        Message first = receive(sqs, url).get(0);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(first.receiptHandle()).visibilityTimeout(900));
        house.nothingToReceive(url);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(first.receiptHandle()).visibilityTimeout(0));
        Message second = receive(sqs, url).get(0);
        Check.same("receive count", "2", second.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT));
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(second.receiptHandle()));
        bucket.isEmpty();
        house.isEmpty(url);
    }

    static void batches(House house) {
        Bucket bucket = new Bucket(house, "extended-batches");
        String url = house.queue("extended-batches", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        SqsClient sqs = bucket.client();
        List<String> bodies = List.of(LARGE, "b", "c" + LARGE);
        Check.same("failures", List.of(), sqs.sendMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.entry("a", bodies.get(0)),
                SdkBatches.entry("b", bodies.get(1)), SdkBatches.entry("c", bodies.get(2)))).failed());
        Check.same("objects", 2, bucket.objects().size());
        List<Message> got = receive(sqs, url);
        Check.same("bodies", new TreeSet<>(bodies), got.stream().map(Message::body).collect(Collectors.toCollection(TreeSet::new)));
        Check.same("changed", 3, sqs.changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(SdkBatches.changes(got, 0))).successful().size());
        List<Message> again = receive(sqs, url);
        Check.same("deleted", 3, sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.deletes(again))).successful().size());
        bucket.isEmpty();
        house.isEmpty(url);
    }

    /** A message whose object is gone is deleted, if the client was told to; otherwise its receive fails and the message stays. */
    static void gone(House house) throws Exception {
        Bucket bucket = new Bucket(house, "extended-gone");
        String url = house.queue("extended-gone", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        bucket.client().sendMessage(r -> r.queueUrl(url).messageBody(LARGE));
        bucket.delete(bucket.key());
        Check.fails(SdkException.class, () -> receive(bucket.client(), url));
        house.holds(url, 0, 1, 0);
        String other = house.queue("extended-gone-ignored");
        SqsClient ignoring = new AmazonSQSExtendedClient(house.sqs(), bucket.configuration().withIgnorePayloadNotFound(true));
        ignoring.sendMessage(r -> r.queueUrl(other).messageBody(LARGE));
        bucket.delete(bucket.key());
        Check.same("messages", List.of(), receive(ignoring, other));
        house.isEmpty(other);
    }

    /** The JMS library over the extended client, as its users with large messages have it. */
    static void jms(House house) throws Exception {
        Bucket bucket = new Bucket(house, "extended-jms");
        String url = house.queue("extended-jms");
        try (JmsDesk desk = JmsDesk.open(bucket.client(), Session.CLIENT_ACKNOWLEDGE, 0)) {
            desk.sendTexts("extended-jms", null, LARGE);
            Check.same("objects", 1, bucket.objects().size());
            MessageConsumer consumer = desk.consumer("extended-jms");
            Check.same("text", LARGE, JmsDesk.text(JmsDesk.receive(consumer)));
            desk.session.recover();
            jakarta.jms.Message again = JmsDesk.receive(consumer);
            JmsDesk.delivered(again, 2);
            again.acknowledge();
        }
        bucket.isEmpty();
        house.isEmpty(url);
    }

    /** Sends a large body to a queue. */
    static void offload(House house, String queue) {
        String url = house.queue(queue);
        new Bucket(house, queue).client().sendMessage(r -> r.queueUrl(url).messageBody(LARGE));
    }

    /** Receives that large body from a queue, wherever it went in between, and deletes it. */
    static void fetch(House house, String queue) {
        String url = house.queue(queue);
        SqsClient sqs = new Bucket(house, queue).client(); // the pointer names the bucket of the body, not this one
        Message m = receive(sqs, url).get(0);
        Check.same("body", LARGE, m.body());
        Check.same("attributes", Map.of(), m.messageAttributes());
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()));
        house.isEmpty(url);
    }
}
