import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchEntryIdsNotDistinctException;
import software.amazon.awssdk.services.sqs.model.BatchRequestTooLongException;
import software.amazon.awssdk.services.sqs.model.EmptyBatchRequestException;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeNameException;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeValueException;
import software.amazon.awssdk.services.sqs.model.InvalidBatchEntryIdException;
import software.amazon.awssdk.services.sqs.model.InvalidMessageContentsException;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.PurgeQueueInProgressException;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDeletedRecentlyException;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.QueueNameExistsException;
import software.amazon.awssdk.services.sqs.model.ReceiptHandleIsInvalidException;
import software.amazon.awssdk.services.sqs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.sqs.model.SqsException;
import software.amazon.awssdk.services.sqs.model.TooManyEntriesInBatchRequestException;

/** Each error that the SDK has a class for becomes that class, with the code that AWS had before JSON. */
final class SdkErrors {
    private static final String PREFIX = "AWS.SimpleQueueService.";

    private SdkErrors() {}

    static void queues(House house) throws Exception {
        SqsClient sqs = house.sqs();
        Check.refused(QueueDoesNotExistException.class, PREFIX + "NonExistentQueue", 400, () -> sqs.getQueueUrl(r -> r.queueName("nobody-made-it")));
        String url = house.queue("sdk-errors");
        String nowhere = url + "-nowhere";
        Check.refused(QueueDoesNotExistException.class, PREFIX + "NonExistentQueue", 400, () -> sqs.sendMessage(r -> r.queueUrl(nowhere).messageBody("x")));
        Check.refused(QueueDoesNotExistException.class, PREFIX + "NonExistentQueue", 400, () -> sqs.receiveMessage(r -> r.queueUrl(nowhere)));
        Check.refused(QueueNameExistsException.class, "QueueAlreadyExists", 400,
                () -> house.queue("sdk-errors", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "31")));
        Check.refused(InvalidAttributeNameException.class, "InvalidAttributeName", 400,
                () -> sqs.setQueueAttributes(r -> r.queueUrl(url).attributesWithStrings(Map.of("Nonsense", "1"))));
        Check.refused(InvalidAttributeValueException.class, "InvalidAttributeValue", 400,
                () -> sqs.setQueueAttributes(r -> r.queueUrl(url).attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "-1"))));
        Check.refused(SqsException.class, "InvalidParameterValue", 400, () -> house.queue("no spaces"));
        Check.refused(ResourceNotFoundException.class, "ResourceNotFoundException", 404,
                () -> sqs.startMessageMoveTask(r -> r.sourceArn("arn:aws:sqs:eu-central-1:000000000000:nobody-made-it")));

        sqs.purgeQueue(r -> r.queueUrl(url));
        Check.refused(PurgeQueueInProgressException.class, PREFIX + "PurgeQueueInProgress", 403, () -> sqs.purgeQueue(r -> r.queueUrl(url)));
        sqs.deleteQueue(r -> r.queueUrl(url));
        Check.refused(QueueDeletedRecentlyException.class, PREFIX + "QueueDeletedRecently", 400, () -> house.queue("sdk-errors"));
    }

    static void messages(House house) throws Exception {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-message-errors");
        Check.refused(InvalidMessageContentsException.class, "InvalidMessageContents", 400, () -> sqs.sendMessage(r -> r.queueUrl(url).messageBody("\u0000")));
        Check.refused(SqsException.class, "InvalidParameterValue", 400, () -> sqs.sendMessage(r -> r.queueUrl(url).messageBody("x".repeat((1 << 20) + 1))));
        Check.refused(SqsException.class, "InvalidParameterValue", 400, () -> sqs.sendMessage(r -> r.queueUrl(url).messageBody("x").messageAttributes(many(11))));
        Check.refused(SqsException.class, "InvalidParameterValue", 400, () -> sqs.receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(21)));
        Check.refused(SqsException.class, "MissingParameter", 400, () -> sqs.sendMessage(r -> r.queueUrl(url)));
        Check.refused(ReceiptHandleIsInvalidException.class, "ReceiptHandleIsInvalid", 400, () -> sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle("bad")));
        Check.refused(ReceiptHandleIsInvalidException.class, "ReceiptHandleIsInvalid", 400,
                () -> sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle("bad").visibilityTimeout(1)));
        String fifo = house.fifo("sdk-message-errors");
        Check.refused(SqsException.class, "MissingParameter", 400, () -> sqs.sendMessage(r -> r.queueUrl(fifo).messageBody("x").messageDeduplicationId("1")));
        Check.refused(SqsException.class, "InvalidParameterValue", 400, () -> sqs.sendMessage(r -> r.queueUrl(fifo).messageBody("x").messageGroupId("g")));
        house.isEmpty(url);
        house.isEmpty(fifo);
    }

    private static Map<String, MessageAttributeValue> many(int n) {
        Map<String, MessageAttributeValue> all = new java.util.HashMap<>();
        IntStream.range(0, n).forEach(i -> all.put("a" + i, SdkMessages.text("String", "x")));
        return all;
    }

    static void batches(House house) throws Exception {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-batch-errors");
        Check.refused(TooManyEntriesInBatchRequestException.class, PREFIX + "TooManyEntriesInBatchRequest", 400,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.entries(11))));
        Check.refused(EmptyBatchRequestException.class, PREFIX + "EmptyBatchRequest", 400, () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(List.of())));
        Check.refused(BatchEntryIdsNotDistinctException.class, PREFIX + "BatchEntryIdsNotDistinct", 400,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.entry("a", "1"), SdkBatches.entry("a", "2"))));
        Check.refused(InvalidBatchEntryIdException.class, PREFIX + "InvalidBatchEntryId", 400,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.entry("a b", "1"))));
        String half = "x".repeat((1 << 19) + 1);
        Check.refused(BatchRequestTooLongException.class, PREFIX + "BatchRequestTooLong", 400,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(SdkBatches.entry("a", half), SdkBatches.entry("b", half))));
        house.isEmpty(url);
    }

    /** Whose signature is wrong is told so; who has no right is told that. */
    static void keys(House house) throws Exception {
        String url = house.queue("sdk-keys");
        try (SqsClient wrong = house.builder(House.KEY, "not the secret").build();
                SqsClient unknown = house.builder("nobody", House.KEY).build();
                SqsClient reader = house.builder("reader", "reader").build()) {
            Check.refused(SqsException.class, "SignatureDoesNotMatch", 403, () -> wrong.sendMessage(r -> r.queueUrl(url).messageBody("x")));
            Check.refused(SqsException.class, "InvalidClientTokenId", 403, () -> unknown.sendMessage(r -> r.queueUrl(url).messageBody("x")));
            Check.refused(SqsException.class, "AccessDenied", 403, () -> reader.sendMessage(r -> r.queueUrl(url).messageBody("x")));
            Check.same("messages that the reader gets", List.of(), reader.receiveMessage(r -> r.queueUrl(url)).messages());
        }
        house.isEmpty(url);
    }
}
