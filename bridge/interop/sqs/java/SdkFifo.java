import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/** FIFO queues. */
final class SdkFifo {
    private SdkFifo() {}

    private static SendMessageResponse send(House house, String url, String group, String id, String body) {
        return house.sqs().sendMessage(r -> r.queueUrl(url).messageGroupId(group).messageDeduplicationId(id).messageBody(body));
    }

    private static List<String> bodies(List<Message> messages, String group) {
        return messages.stream().filter(m -> m.attributes().get(MessageSystemAttributeName.MESSAGE_GROUP_ID).equals(group)).map(Message::body).toList();
    }

    static void order(House house) {
        SqsClient sqs = house.sqs();
        String url = house.fifo("sdk-order");
        String last = "";
        for (int i = 0; i < 6; i++) {
            SendMessageResponse sent = send(house, url, i % 2 == 0 ? "even" : "odd", "id-" + i, "" + i);
            Check.that(sent.sequenceNumber().compareTo(last) > 0, sent.sequenceNumber() + " comes after " + last);
            last = sent.sequenceNumber();
        }
        List<Message> first = sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(1)).messages();
        Check.same("first", "0", first.get(0).body());
        List<Message> others = house.receive(url);
        Check.same("others, while one of the even is out", List.of("1", "3", "5"), others.stream().map(Message::body).toList());
        sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.deletes(others)));
        house.nothingToReceive(url);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(first.get(0).receiptHandle()).visibilityTimeout(0));
        List<Message> again = house.receive(url);
        Check.same("even", List.of("0", "2", "4"), bodies(again, "even"));
        Check.same("sequence number", last.length(), again.get(0).attributes().get(MessageSystemAttributeName.SEQUENCE_NUMBER).length());
        sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.deletes(again)));
        house.isEmpty(url);
    }

    static void deduplication(House house) {
        SqsClient sqs = house.sqs();
        String url = house.fifo("sdk-dedup");
        SendMessageResponse first = send(house, url, "g", "same", "one");
        SendMessageResponse second = send(house, url, "g", "same", "two"); // the digest that the SDK compares is that of "two"
        Check.same("MessageId", first.messageId(), second.messageId());
        Check.same("SequenceNumber", first.sequenceNumber(), second.sequenceNumber());
        Check.same("body", "one", house.receiveOne(url).body());

        String byContent = house.queue("sdk-dedup-content.fifo", Map.of(QueueAttributeName.FIFO_QUEUE, "true",
                QueueAttributeName.CONTENT_BASED_DEDUPLICATION, "true"));
        for (int i = 0; i < 3; i++) {
            sqs.sendMessage(r -> r.queueUrl(byContent).messageGroupId("g").messageBody("same"));
        }
        Message m = house.receiveOne(byContent);
        Check.same("length of the deduplication id", 64, m.attributes().get(MessageSystemAttributeName.MESSAGE_DEDUPLICATION_ID).length());
        sqs.deleteMessage(r -> r.queueUrl(byContent).receiptHandle(m.receiptHandle()));
        house.isEmpty(byContent);
    }

    static void receiveAgain(House house) {
        SqsClient sqs = house.sqs();
        String url = house.fifo("sdk-again");
        send(house, url, "g", "1", "one");
        send(house, url, "g", "2", "two");
        List<Message> first = sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).receiveRequestAttemptId("attempt")).messages();
        List<Message> again = sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).receiveRequestAttemptId("attempt")).messages();
        Check.same("messages", first, again);
        Check.same("number of messages", 2, again.size());
        Check.same("messages for another id", List.of(),
                sqs.receiveMessage(r -> r.queueUrl(url).receiveRequestAttemptId("other")).messages());
    }
}
