import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.ListMessageMoveTasksResultEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.sqs.model.UnsupportedOperationException;

/** Queues, what they are set to, and where their messages end. */
final class SdkQueues {
    private SdkQueues() {}

    static void queues(House house) {
        SqsClient sqs = house.sqs();
        Set<String> made = new TreeSet<>();
        for (int i = 0; i < 5; i++) {
            made.add(house.queue("sdk-queues-" + i));
        }
        String first = house.queue("sdk-queues-0");
        Check.that(made.contains(first), "making a queue again gives another address: " + first);
        Check.same("GetQueueUrl", first, sqs.getQueueUrl(r -> r.queueName("sdk-queues-0")).queueUrl());
        Set<String> listed = new TreeSet<>();
        for (String url : sqs.listQueuesPaginator(r -> r.queueNamePrefix("sdk-queues-").maxResults(2)).queueUrls()) {
            Check.that(listed.add(url), url + " is listed twice");
        }
        Check.same("ListQueues, in pages", made, listed);
        for (String url : made) {
            sqs.deleteQueue(r -> r.queueUrl(url));
        }
        Check.same("ListQueues after DeleteQueue", List.of(), sqs.listQueues(r -> r.queueNamePrefix("sdk-queues-")).queueUrls());
    }

    static void attributes(House house) {
        SqsClient sqs = house.sqs();
        String url = house.queue("sdk-attributes", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "45", QueueAttributeName.DELAY_SECONDS, "3"));
        sqs.setQueueAttributes(r -> r.queueUrl(url).attributes(Map.of(QueueAttributeName.MESSAGE_RETENTION_PERIOD, "7200",
                QueueAttributeName.MAXIMUM_MESSAGE_SIZE, "2048", QueueAttributeName.RECEIVE_MESSAGE_WAIT_TIME_SECONDS, "4")));
        Map<QueueAttributeName, String> all = sqs.getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.ALL)).attributes();
        Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "45", QueueAttributeName.DELAY_SECONDS, "3",
                QueueAttributeName.MESSAGE_RETENTION_PERIOD, "7200", QueueAttributeName.MAXIMUM_MESSAGE_SIZE, "2048",
                QueueAttributeName.RECEIVE_MESSAGE_WAIT_TIME_SECONDS, "4").forEach((name, want) -> Check.same(name.toString(), want, all.get(name)));
        Check.that(all.get(QueueAttributeName.QUEUE_ARN).endsWith(":sdk-attributes"), "the ARN is " + all.get(QueueAttributeName.QUEUE_ARN));
        Check.that(!all.containsKey(QueueAttributeName.UNKNOWN_TO_SDK_VERSION), "there is an attribute that the SDK does not know");

        sqs.tagQueue(r -> r.queueUrl(url).tags(Map.of("team", "orders", "städte", "Zürich")));
        sqs.untagQueue(r -> r.queueUrl(url).tagKeys("team"));
        Check.same("tags", Map.of("städte", "Zürich"), sqs.listQueueTags(r -> r.queueUrl(url)).tags());

        sqs.addPermission(r -> r.queueUrl(url).label("partners").awsAccountIds("111122223333").actions("SendMessage", "ReceiveMessage"));
        String policy = house.attribute(url, QueueAttributeName.POLICY);
        Check.that(policy.contains("partners") && policy.contains("111122223333"), "the policy is " + policy);
        sqs.removePermission(r -> r.queueUrl(url).label("partners"));
        String left = house.attribute(url, QueueAttributeName.POLICY);
        Check.that(left == null || !left.contains("partners"), "the policy still is " + left);
    }

    static void deadLetters(House house) {
        SqsClient sqs = house.sqs();
        String dead = house.queue("sdk-dead");
        String arn = house.attribute(dead, QueueAttributeName.QUEUE_ARN);
        String url = house.queue("sdk-source", Map.of(QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":\"1\"}"));
        String source = house.attribute(url, QueueAttributeName.QUEUE_ARN);
        Check.same("sources", List.of(url), sqs.listDeadLetterSourceQueues(r -> r.queueUrl(dead)).queueUrls());

        sqs.sendMessage(r -> r.queueUrl(url).messageBody("poison"));
        Message m = house.receiveOne(url);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()).visibilityTimeout(0));
        house.nothingToReceive(url);
        Message letter = house.receiveOne(dead);
        Check.same("body", "poison", letter.body());
        Check.same("source", source, letter.attributes().get(MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN));
        sqs.changeMessageVisibility(r -> r.queueUrl(dead).receiptHandle(letter.receiptHandle()).visibilityTimeout(0));

        String task = sqs.startMessageMoveTask(r -> r.sourceArn(arn)).taskHandle();
        Check.that(task != null && !task.isEmpty(), "the task has no handle");
        Check.same("body after the move", "poison", house.receiveOne(url).body());
        ListMessageMoveTasksResultEntry entry = sqs.listMessageMoveTasks(r -> r.sourceArn(arn)).results().get(0);
        Check.same("source of the task", arn, entry.sourceArn());
        sqs.purgeQueue(r -> r.queueUrl(url));
        house.isEmpty(url);
        house.isEmpty(dead);
    }

    /** A task that moves one message a second is found at work, lets no second one begin, and is stopped. */
    static void moveTasks(House house) throws Exception {
        SqsClient sqs = house.sqs();
        String dead = house.queue("sdk-moved-dead");
        String arn = house.attribute(dead, QueueAttributeName.QUEUE_ARN);
        String target = house.queue("sdk-moved", Map.of(QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"" + arn + "\",\"maxReceiveCount\":\"1\"}"));
        String targetArn = house.attribute(target, QueueAttributeName.QUEUE_ARN);
        for (int i = 0; i < 10; i++) {
            sqs.sendMessageBatch(r -> r.queueUrl(dead).entries(SdkBatches.entries(10)));
        }
        String handle = sqs.startMessageMoveTask(r -> r.sourceArn(arn).destinationArn(targetArn).maxNumberOfMessagesPerSecond(1)).taskHandle();
        ListMessageMoveTasksResultEntry task = sqs.listMessageMoveTasks(r -> r.sourceArn(arn)).results().get(0);
        Check.same("status", "RUNNING", task.status());
        Check.same("handle", handle, task.taskHandle());
        Check.same("to move", 100L, task.approximateNumberOfMessagesToMove());
        Check.refused(UnsupportedOperationException.class, "AWS.SimpleQueueService.UnsupportedOperation", 400,
                () -> sqs.startMessageMoveTask(r -> r.sourceArn(arn)));
        sqs.cancelMessageMoveTask(r -> r.taskHandle(handle));
        Check.same("status", "CANCELLED", sqs.listMessageMoveTasks(r -> r.sourceArn(arn)).results().get(0).status());
        Check.refused(ResourceNotFoundException.class, "ResourceNotFoundException", 404, () -> sqs.cancelMessageMoveTask(r -> r.taskHandle(handle)));
    }
}
