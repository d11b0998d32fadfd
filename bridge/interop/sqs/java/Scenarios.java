import java.util.LinkedHashMap;
import java.util.Map;

/** All scenarios, by name. The first word is the library. */
final class Scenarios {
    private Scenarios() {}

    static Map<String, Scenario> all() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        sdk(all);
        query(all);
        jms(all);
        extended(all);
        return all;
    }

    private static void sdk(Map<String, Scenario> all) {
        all.put("sdk queues", SdkQueues::queues);
        all.put("sdk attributes, tags and permissions", SdkQueues::attributes);
        all.put("sdk dead letters", SdkQueues::deadLetters);
        all.put("sdk move tasks", SdkQueues::moveTasks);
        all.put("sdk message", SdkMessages::message);
        all.put("sdk visibility", SdkMessages::visibility);
        all.put("sdk delay", SdkMessages::delay);
        all.put("sdk long poll", SdkMessages::longPoll);
        all.put("sdk batches", SdkBatches::batches);
        all.put("sdk batches with bad entries", SdkBatches::badEntries);
        all.put("sdk FIFO order", SdkFifo::order);
        all.put("sdk FIFO deduplication", SdkFifo::deduplication);
        all.put("sdk FIFO receive again", SdkFifo::receiveAgain);
        all.put("sdk errors about queues", SdkErrors::queues);
        all.put("sdk errors about messages", SdkErrors::messages);
        all.put("sdk errors about batches", SdkErrors::batches);
        all.put("sdk keys", SdkErrors::keys);
        all.put("sdk batch manager", SdkBatchManager::all);
        all.put("sdk batch manager, errors of its calls", SdkBatchManager::failures);
    }

    private static void query(Map<String, Scenario> all) {
        all.put("query queues", QueryForm::queues);
        all.put("query message", QueryForm::message);
        all.put("query batches", QueryForm::batches);
        all.put("query FIFO", QueryForm::fifo);
        all.put("query long poll", QueryForm::longPoll);
        all.put("query errors", QueryErrors::errors);
        all.put("query keys", QueryErrors::keys);
        all.put("query buffered client", QueryBuffered::all);
    }

    private static void jms(Map<String, Scenario> all) {
        all.put("jms bodies and fields", JmsMessages::bodies);
        all.put("jms properties", JmsMessages::properties);
        all.put("jms request and reply", JmsMessages::requestReply);
        all.put("jms delivery delay", JmsMessages::delay);
        all.put("jms client acknowledge", JmsAcknowledge::client);
        all.put("jms unordered acknowledge", JmsAcknowledge::unordered);
        all.put("jms auto acknowledge", JmsAcknowledge::auto);
        all.put("jms prefetch and close", JmsAcknowledge::prefetch);
        all.put("jms listener", JmsListener::throwing);
        all.put("jms listener of a FIFO queue", JmsListener::fifo);
        all.put("jms recover of a FIFO queue", JmsListener::recoverFifo);
        all.put("jms message of unknown type", JmsListener::unknownType);
        all.put("jms errors", JmsErrors::errors);
    }

    private static void extended(Map<String, Scenario> all) {
        all.put("extended round trip", Extended::roundTrip);
        all.put("extended pointer as it is", Extended::pointer);
        all.put("extended pointers of others", Extended::pointersOfOthers);
        all.put("extended visibility", Extended::visibility);
        all.put("extended batches", Extended::batches);
        all.put("extended object that is gone", Extended::gone);
        all.put("extended JMS", Extended::jms);
    }

    /** The library that a scenario is about, and its version. */
    static String library(String scenario) {
        if (scenario.startsWith("jms ")) {
            return "amazon-sqs-java-messaging-lib " + version(com.amazon.sqs.javamessaging.SQSConnectionFactory.class);
        }
        if (scenario.startsWith("extended ")) {
            return "amazon-sqs-java-extended-client-lib " + version(com.amazon.sqs.javamessaging.AmazonSQSExtendedClient.class);
        }
        if (scenario.startsWith("query ")) {
            return "aws-java-sdk-sqs " + com.amazonaws.util.VersionInfoUtils.getVersion();
        }
        return "software.amazon.awssdk:sqs " + software.amazon.awssdk.core.util.VersionInfo.SDK_VERSION;
    }

    /** The version in the name of the file that a class comes from. */
    private static String version(Class<?> c) {
        String jar = c.getProtectionDomain().getCodeSource().getLocation().getPath();
        return jar.replaceAll(".*-lib-(.*)\\.jar", "$1");
    }
}
