import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageNotInflightException;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeNameForSends;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/** Single messages. The SDK itself compares the digests of bodies and attributes, on the way in and on the way out. */
final class SdkMessages {
    private SdkMessages() {}

    static MessageAttributeValue text(String type, String value) {
        return MessageAttributeValue.builder().dataType(type).stringValue(value).build();
    }

    static MessageAttributeValue binary(byte... value) {
        return MessageAttributeValue.builder().dataType("Binary").binaryValue(SdkBytes.fromByteArray(value)).build();
    }

    static void message(House house) throws Exception {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-message");
        String body = "Grüße, 世界 🌍 <&> \"quoted\" \t\r\n";
        String trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
        Map<String, MessageAttributeValue> attributes = Map.of("city", text("String", "Zürich"), "n", text("Number", "12.50"),
                "count", text("Number.int", "3"), "raw", binary((byte) 0, (byte) -1, (byte) 10), "label", text("String.json", "{}"));
        SendMessageResponse sent = sqs.sendMessage(r -> r.queueUrl(url).messageBody(body).messageAttributes(attributes)
                .messageSystemAttributes(Map.of(MessageSystemAttributeNameForSends.AWS_TRACE_HEADER,
                        MessageSystemAttributeValue.builder().dataType("String").stringValue(trace).build())));
        Check.same("MD5OfMessageBody", md5(body), sent.md5OfMessageBody());
        Check.that(sent.md5OfMessageAttributes() != null, "there is no MD5OfMessageAttributes");
        Check.that(sent.md5OfMessageSystemAttributes() != null, "there is no MD5OfMessageSystemAttributes");
        Check.same("SequenceNumber", null, sent.sequenceNumber());

        Message m = house.receiveOne(url);
        Check.same("MessageId", sent.messageId(), m.messageId());
        Check.same("body", body, m.body());
        Check.same("MD5OfBody", sent.md5OfMessageBody(), m.md5OfBody());
        Check.same("attributes", attributes, m.messageAttributes());
        Check.same("MD5OfMessageAttributes", sent.md5OfMessageAttributes(), m.md5OfMessageAttributes());
        Check.same("receive count", "1", m.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT));
        Check.same("sender", House.KEY, m.attributes().get(MessageSystemAttributeName.SENDER_ID));
        Check.same("trace header", trace, m.attributes().get(MessageSystemAttributeName.AWS_TRACE_HEADER));
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()));
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle())); // once more is no error
        house.isEmpty(url);
        someAttributes(house, url, attributes);
    }

    /** The SDK compares the digest of the attributes that it is given, not of those that were sent. */
    private static void someAttributes(House house, String url, Map<String, MessageAttributeValue> attributes) {
        house.sqs().sendMessage(r -> r.queueUrl(url).messageBody("some").messageAttributes(attributes));
        Message m = house.sqs().receiveMessage(r -> r.queueUrl(url).messageAttributeNames("ci.*", "n", "nobody")).messages().get(0);
        Check.same("attributes asked for", Map.of("city", attributes.get("city"), "n", attributes.get("n")), m.messageAttributes());
        Check.same("system attributes not asked for", Map.of(), m.attributes());
        house.sqs().deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()));
    }

    private static String md5(String text) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    static void visibility(House house) throws Exception {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-visibility", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
        sqs.sendMessage(r -> r.queueUrl(url).messageBody("again"));
        Message first = house.receiveOne(url);
        house.nothingToReceive(url);
        house.holds(url, 0, 1, 0);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(first.receiptHandle()).visibilityTimeout(0));
        Message second = house.receiveOne(url);
        Check.same("MessageId", first.messageId(), second.messageId());
        Check.same("receive count", "2", second.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT));
        Check.same("first receive", first.attributes().get(MessageSystemAttributeName.APPROXIMATE_FIRST_RECEIVE_TIMESTAMP),
                second.attributes().get(MessageSystemAttributeName.APPROXIMATE_FIRST_RECEIVE_TIMESTAMP));
        Check.that(!first.receiptHandle().equals(second.receiptHandle()), "the second receive has the handle of the first");
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(second.receiptHandle()).visibilityTimeout(900));
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(second.receiptHandle()));
        house.isEmpty(url);
        Check.fails(software.amazon.awssdk.services.sqs.model.SqsException.class, () -> sqs.changeMessageVisibility(
                r -> r.queueUrl(url).receiptHandle(second.receiptHandle()).visibilityTimeout(10)));
        visible(house, url);
    }

    /** A message that nobody has cannot be held longer. */
    private static void visible(House house, String url) throws Exception {
        SqsClient sqs = house.sqs();
        sqs.sendMessage(r -> r.queueUrl(url).messageBody("free"));
        Message m = house.receiveOne(url);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()).visibilityTimeout(0));
        Check.refused(MessageNotInflightException.class, "AWS.SimpleQueueService.MessageNotInflight", 400, () -> sqs.changeMessageVisibility(
                r -> r.queueUrl(url).receiptHandle(m.receiptHandle()).visibilityTimeout(10)));
    }

    static void delay(House house) {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-delay", Map.of(QueueAttributeName.DELAY_SECONDS, "900"));
        sqs.sendMessage(r -> r.queueUrl(url).messageBody("later"));
        house.holds(url, 0, 0, 1);
        sqs.sendMessage(r -> r.queueUrl(url).messageBody("soon").delaySeconds(1));
        Check.same("body", "soon", house.receiveOne(url).body());
        house.holds(url, 0, 1, 1);
    }

    static void longPoll(House house) throws Exception {
        String url = house.queue("sdk-long-poll");
        CompletableFuture<ReceiveMessageResponse> waiting = house.async().receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(20));
        house.async().sendMessage(r -> r.queueUrl(url).messageBody("wake up")).get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        Check.same("body", "wake up", waiting.get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS).messages().get(0).body());
        List<Message> none = house.sqs().receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(1)).messages();
        Check.same("messages after a poll that found nothing", List.of(), none);
    }
}
