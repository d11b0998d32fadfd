import com.amazonaws.AmazonServiceException;
import com.amazonaws.services.sqs.AmazonSQS;
import com.amazonaws.services.sqs.model.AmazonSQSException;
import com.amazonaws.services.sqs.model.BatchEntryIdsNotDistinctException;
import com.amazonaws.services.sqs.model.BatchRequestTooLongException;
import com.amazonaws.services.sqs.model.CreateQueueRequest;
import com.amazonaws.services.sqs.model.EmptyBatchRequestException;
import com.amazonaws.services.sqs.model.InvalidAttributeNameException;
import com.amazonaws.services.sqs.model.InvalidBatchEntryIdException;
import com.amazonaws.services.sqs.model.InvalidMessageContentsException;
import com.amazonaws.services.sqs.model.MessageNotInflightException;
import com.amazonaws.services.sqs.model.PurgeQueueInProgressException;
import com.amazonaws.services.sqs.model.PurgeQueueRequest;
import com.amazonaws.services.sqs.model.QueueDeletedRecentlyException;
import com.amazonaws.services.sqs.model.QueueDoesNotExistException;
import com.amazonaws.services.sqs.model.QueueNameExistsException;
import com.amazonaws.services.sqs.model.ReceiptHandleIsInvalidException;
import com.amazonaws.services.sqs.model.ReceiveMessageRequest;
import com.amazonaws.services.sqs.model.SendMessageBatchRequestEntry;
import com.amazonaws.services.sqs.model.SendMessageRequest;
import com.amazonaws.services.sqs.model.TooManyEntriesInBatchRequestException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/** Errors of the Query form, which are XML. */
final class QueryErrors {
    private static final String PREFIX = "AWS.SimpleQueueService.";

    private QueryErrors() {}

    private static <E extends AmazonSQSException> void refused(Class<E> want, String code, int status, Callable<?> call) throws Exception {
        E e = Check.fails(want, call);
        Check.same("code of " + want.getSimpleName(), code, e.getErrorCode());
        Check.same("status of " + code, status, e.getStatusCode());
        Check.same("fault of " + code, AmazonServiceException.ErrorType.Client, e.getErrorType());
        Check.that(e.getErrorMessage() != null && !e.getErrorMessage().isBlank(), code + " says nothing");
        Check.that(e.getRequestId() != null, code + " has no request id");
    }

    static void errors(House house) throws Exception {
        AmazonSQS sqs = QueryForm.client(house);
        String url = sqs.createQueue("query-errors").getQueueUrl();
        refused(QueueDoesNotExistException.class, PREFIX + "NonExistentQueue", 400, () -> sqs.getQueueUrl("query-nobody-made-it"));
        refused(QueueDoesNotExistException.class, PREFIX + "NonExistentQueue", 400, () -> sqs.sendMessage(url + "-nowhere", "x"));
        refused(QueueNameExistsException.class, "QueueAlreadyExists", 400,
                () -> sqs.createQueue(new CreateQueueRequest("query-errors").addAttributesEntry("VisibilityTimeout", "31")));
        refused(InvalidAttributeNameException.class, "InvalidAttributeName", 400, () -> sqs.setQueueAttributes(url, Map.of("Nonsense", "1")));
        refused(InvalidMessageContentsException.class, "InvalidMessageContents", 400, () -> sqs.sendMessage(url, "\u0001"));
        refused(ReceiptHandleIsInvalidException.class, "ReceiptHandleIsInvalid", 400, () -> sqs.deleteMessage(url, "bad"));
        refused(AmazonSQSException.class, "InvalidParameterValue", 400, () -> sqs.receiveMessage(new ReceiveMessageRequest(url).withWaitTimeSeconds(21)));
        refused(AmazonSQSException.class, "MissingParameter", 400, () -> sqs.sendMessage(new SendMessageRequest().withQueueUrl(url)));
        batches(sqs, url);
        sqs.sendMessage(url, "free");
        String handle = sqs.receiveMessage(url).getMessages().get(0).getReceiptHandle();
        sqs.changeMessageVisibility(url, handle, 0);
        refused(MessageNotInflightException.class, PREFIX + "MessageNotInflight", 400, () -> sqs.changeMessageVisibility(url, handle, 10));
        sqs.purgeQueue(new PurgeQueueRequest(url));
        refused(PurgeQueueInProgressException.class, PREFIX + "PurgeQueueInProgress", 403, () -> sqs.purgeQueue(new PurgeQueueRequest(url)));
        sqs.deleteQueue(url);
        refused(QueueDeletedRecentlyException.class, PREFIX + "QueueDeletedRecently", 400, () -> sqs.createQueue("query-errors"));
    }

    private static List<SendMessageBatchRequestEntry> entries(int n) {
        return IntStream.range(0, n).mapToObj(i -> new SendMessageBatchRequestEntry("e" + i, "x")).toList();
    }

    private static void batches(AmazonSQS sqs, String url) throws Exception {
        refused(TooManyEntriesInBatchRequestException.class, PREFIX + "TooManyEntriesInBatchRequest", 400, () -> sqs.sendMessageBatch(url, entries(11)));
        refused(EmptyBatchRequestException.class, PREFIX + "EmptyBatchRequest", 400, () -> sqs.sendMessageBatch(url, entries(0)));
        refused(BatchEntryIdsNotDistinctException.class, PREFIX + "BatchEntryIdsNotDistinct", 400,
                () -> sqs.sendMessageBatch(url, List.of(entries(1).get(0), entries(1).get(0))));
        refused(InvalidBatchEntryIdException.class, PREFIX + "InvalidBatchEntryId", 400,
                () -> sqs.sendMessageBatch(url, List.of(new SendMessageBatchRequestEntry("a b", "x"))));
        String half = "x".repeat((1 << 19) + 1);
        refused(BatchRequestTooLongException.class, PREFIX + "BatchRequestTooLong", 400, () -> sqs.sendMessageBatch(url,
                List.of(new SendMessageBatchRequestEntry("a", half), new SendMessageBatchRequestEntry("b", half))));
    }

    static void keys(House house) throws Exception {
        String url = house.queue("query-keys");
        refused(AmazonSQSException.class, "SignatureDoesNotMatch", 403, () -> QueryForm.client(house, House.KEY, "not the secret").sendMessage(url, "x"));
        refused(AmazonSQSException.class, "InvalidClientTokenId", 403, () -> QueryForm.client(house, "nobody", House.KEY).sendMessage(url, "x"));
        refused(AmazonSQSException.class, "AccessDenied", 403, () -> QueryForm.client(house, "reader", "reader").sendMessage(url, "x"));
        house.isEmpty(url);
    }
}
