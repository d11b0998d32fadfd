import com.amazonaws.ClientConfiguration;
import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.sqs.AmazonSQS;
import com.amazonaws.services.sqs.AmazonSQSAsync;
import com.amazonaws.services.sqs.AmazonSQSAsyncClientBuilder;
import com.amazonaws.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import com.amazonaws.services.sqs.model.CreateQueueRequest;
import com.amazonaws.services.sqs.model.DeleteMessageBatchRequestEntry;
import com.amazonaws.services.sqs.model.ListQueuesRequest;
import com.amazonaws.services.sqs.model.Message;
import com.amazonaws.services.sqs.model.MessageAttributeValue;
import com.amazonaws.services.sqs.model.MessageSystemAttributeValue;
import com.amazonaws.services.sqs.model.ReceiveMessageRequest;
import com.amazonaws.services.sqs.model.ReceiveMessageResult;
import com.amazonaws.services.sqs.model.SendMessageBatchRequestEntry;
import com.amazonaws.services.sqs.model.SendMessageBatchResult;
import com.amazonaws.services.sqs.model.SendMessageRequest;
import com.amazonaws.services.sqs.model.SendMessageResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * The Query form, as the SDK for Java 1.x speaks it: parameters in, XML out, to the address of the queue. That SDK compares
 * the digests of bodies and of attributes as well.
 */
final class QueryForm {
    private QueryForm() {}

    static AmazonSQSAsync client(House house, String key, String secret) {
        return AmazonSQSAsyncClientBuilder.standard()
                .withEndpointConfiguration(new EndpointConfiguration(house.endpoint().toString(), "eu-central-1"))
                .withCredentials(new AWSStaticCredentialsProvider(new BasicAWSCredentials(key, secret)))
                .withClientConfiguration(new ClientConfiguration().withConnectionTimeout((int) House.PATIENCE.toMillis())
                        .withSocketTimeout((int) House.PATIENCE.toMillis())).build();
    }

    static AmazonSQSAsync client(House house) {
        return client(house, House.KEY, House.KEY);
    }

    static List<Message> receive(AmazonSQS sqs, String url) {
        return sqs.receiveMessage(new ReceiveMessageRequest(url).withMaxNumberOfMessages(10).withWaitTimeSeconds(20)
                .withAttributeNames("All").withMessageAttributeNames("All")).getMessages();
    }

    static void queues(House house) {
        AmazonSQS sqs = client(house);
        String url = sqs.createQueue(new CreateQueueRequest("query-queues").addAttributesEntry("VisibilityTimeout", "45")).getQueueUrl();
        Check.same("GetQueueUrl", url, sqs.getQueueUrl("query-queues").getQueueUrl());
        sqs.setQueueAttributes(url, Map.of("DelaySeconds", "3", "MaximumMessageSize", "2048"));
        Map<String, String> all = sqs.getQueueAttributes(url, List.of("All")).getAttributes();
        Check.same("attributes", List.of("45", "3", "2048"), List.of(all.get("VisibilityTimeout"), all.get("DelaySeconds"), all.get("MaximumMessageSize")));
        sqs.tagQueue(url, Map.of("team", "orders", "a&b", "<c> ä"));
        sqs.untagQueue(url, List.of("team"));
        Check.same("tags", Map.of("a&b", "<c> ä"), sqs.listQueueTags(url).getTags());
        sqs.addPermission(url, "partners", List.of("111122223333"), List.of("SendMessage"));
        Check.that(sqs.getQueueAttributes(url, List.of("Policy")).getAttributes().get("Policy").contains("partners"), "there is no such policy");
        sqs.removePermission(url, "partners");

        String arn = all.get("QueueArn");
        String source = sqs.createQueue(new CreateQueueRequest("query-source").addAttributesEntry("RedrivePolicy",
                "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":5}")).getQueueUrl();
        Check.same("sources", List.of(source), sqs.listDeadLetterSourceQueues(new com.amazonaws.services.sqs.model.ListDeadLetterSourceQueuesRequest()
                .withQueueUrl(url)).getQueueUrls());
        var page = sqs.listQueues(new ListQueuesRequest("query-").withMaxResults(1));
        Check.same("queues on the first page", 1, page.getQueueUrls().size());
        Check.that(page.getNextToken() != null, "there is no second page");
        sqs.purgeQueue(new com.amazonaws.services.sqs.model.PurgeQueueRequest(url));
        sqs.deleteQueue(url);
        Check.same("queues", List.of(source), sqs.listQueues(new ListQueuesRequest("query-source")).getQueueUrls());
        Check.same("queues deleted", List.of(), sqs.listQueues(new ListQueuesRequest("query-queues")).getQueueUrls());
    }

    static void message(House house) {
        AmazonSQS sqs = client(house);
        String url = sqs.createQueue(new CreateQueueRequest("query-message").addAttributesEntry("VisibilityTimeout", "600")).getQueueUrl();
        String body = "Grüße, 世界 🌍 <&> \"quoted\" 'twice' ]]> \t\r\n a+b%20c";
        Map<String, MessageAttributeValue> attributes = Map.of(
                "city", new MessageAttributeValue().withDataType("String").withStringValue("Zürich & <co>"),
                "n", new MessageAttributeValue().withDataType("Number.int").withStringValue("12"),
                "raw", new MessageAttributeValue().withDataType("Binary").withBinaryValue(ByteBuffer.wrap(new byte[] {0, -1, 10})));
        SendMessageResult sent = sqs.sendMessage(new SendMessageRequest(url, body).withMessageAttributes(attributes)
                .addMessageSystemAttributesEntry("AWSTraceHeader", new MessageSystemAttributeValue().withDataType("String").withStringValue("Root=1")));
        Message first = receive(sqs, url).get(0);
        Check.same("MessageId", sent.getMessageId(), first.getMessageId());
        Check.same("body", body, first.getBody());
        Check.same("attributes", attributes, first.getMessageAttributes());
        Check.same("trace header", "Root=1", first.getAttributes().get("AWSTraceHeader"));
        Check.same("receive count", "1", first.getAttributes().get("ApproximateReceiveCount"));
        sqs.changeMessageVisibility(url, first.getReceiptHandle(), 0);
        Message second = receive(sqs, url).get(0);
        Check.same("receive count", "2", second.getAttributes().get("ApproximateReceiveCount"));
        sqs.deleteMessage(url, second.getReceiptHandle());
        house.isEmpty(url);
    }

    static void batches(House house) {
        AmazonSQS sqs = client(house);
        String url = sqs.createQueue(new CreateQueueRequest("query-batches").addAttributesEntry("VisibilityTimeout", "600")).getQueueUrl();
        List<SendMessageBatchRequestEntry> entries = new ArrayList<>(IntStream.range(0, 9)
                .mapToObj(i -> new SendMessageBatchRequestEntry("e" + i, "body " + i)).toList());
        entries.add(new SendMessageBatchRequestEntry("late", "x").withDelaySeconds(901));
        SendMessageBatchResult sent = sqs.sendMessageBatch(url, entries);
        Check.same("successful", 9, sent.getSuccessful().size());
        Check.same("failed", "late InvalidParameterValue true", sent.getFailed().get(0).getId() + " " + sent.getFailed().get(0).getCode() + " "
                + sent.getFailed().get(0).getSenderFault());
        List<Message> got = receive(sqs, url);
        Check.same("bodies", 9, new TreeSet<>(got.stream().map(Message::getBody).toList()).size());
        Check.same("changed", 9, sqs.changeMessageVisibilityBatch(url, IntStream.range(0, 9).mapToObj(i ->
                new ChangeMessageVisibilityBatchRequestEntry("c" + i, got.get(i).getReceiptHandle()).withVisibilityTimeout(0)).toList()).getSuccessful().size());
        List<Message> again = receive(sqs, url);
        Check.same("deleted", 9, sqs.deleteMessageBatch(url, IntStream.range(0, 9).mapToObj(i ->
                new DeleteMessageBatchRequestEntry("d" + i, again.get(i).getReceiptHandle())).toList()).getSuccessful().size());
        house.isEmpty(url);
    }

    static void fifo(House house) {
        AmazonSQS sqs = client(house);
        String url = sqs.createQueue(new CreateQueueRequest("query.fifo").addAttributesEntry("FifoQueue", "true")).getQueueUrl();
        SendMessageRequest request = new SendMessageRequest(url, "one").withMessageGroupId("g").withMessageDeduplicationId("1");
        SendMessageResult sent = sqs.sendMessage(request);
        Check.same("sequence number of the same again", sent.getSequenceNumber(), sqs.sendMessage(request).getSequenceNumber());
        sqs.sendMessage(new SendMessageRequest(url, "two").withMessageGroupId("g").withMessageDeduplicationId("2"));
        List<Message> got = sqs.receiveMessage(new ReceiveMessageRequest(url).withMaxNumberOfMessages(10).withAttributeNames("All")
                .withReceiveRequestAttemptId("again")).getMessages();
        Check.same("bodies", List.of("one", "two"), got.stream().map(Message::getBody).toList());
        Check.same("sequence number", sent.getSequenceNumber(), got.get(0).getAttributes().get("SequenceNumber"));
        Check.same("received again", got.get(0).getReceiptHandle(), sqs.receiveMessage(new ReceiveMessageRequest(url).withMaxNumberOfMessages(10)
                .withReceiveRequestAttemptId("again")).getMessages().get(0).getReceiptHandle());
    }

    static void longPoll(House house) throws Exception {
        AmazonSQSAsync sqs = client(house);
        String url = sqs.createQueue("query-long-poll").getQueueUrl();
        Future<ReceiveMessageResult> waiting = sqs.receiveMessageAsync(new ReceiveMessageRequest(url).withWaitTimeSeconds(20));
        sqs.sendMessage(url, "wake up");
        Check.same("body", "wake up", waiting.get(House.PATIENCE.toSeconds(), TimeUnit.SECONDS).getMessages().get(0).getBody());
    }
}
