import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.SqsClientBuilder;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The server under test and clients of it that sign with the one key it knows. */
final class House implements AutoCloseable {
    static final String KEY = "interop";

    /** When a client gives up on an answer. One that does so earlier asks a second time. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private final URI endpoint;
    private final SqsClient sqs;
    private final SqsAsyncClient async;
    private final S3Client s3;

    House(String sqsEndpoint, String s3Endpoint) {
        endpoint = URI.create(sqsEndpoint);
        sqs = builder(KEY, KEY).build();
        async = SqsAsyncClient.builder().endpointOverride(endpoint).region(Region.EU_CENTRAL_1)
                .credentialsProvider(credentials(KEY, KEY)).checksumValidationEnabled(true)
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().connectionTimeout(PATIENCE).readTimeout(PATIENCE)
                        .writeTimeout(PATIENCE).connectionAcquisitionTimeout(PATIENCE)).build();
        s3 = S3Client.builder().endpointOverride(URI.create(s3Endpoint)).region(Region.EU_CENTRAL_1)
                .credentialsProvider(credentials(KEY, KEY)).forcePathStyle(true)
                // What a server other than Amazon's asks for: no trailers, no chunks of their own.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
                .httpClientBuilder(patient()).build();
    }

    /** A client's settings, for a key that the server may not know. */
    SqsClientBuilder builder(String key, String secret) {
        return SqsClient.builder().endpointOverride(endpoint).region(Region.EU_CENTRAL_1)
                .credentialsProvider(credentials(key, secret)).checksumValidationEnabled(true)
                .httpClientBuilder(patient());
    }

    private static UrlConnectionHttpClient.Builder patient() {
        return UrlConnectionHttpClient.builder().connectionTimeout(PATIENCE).socketTimeout(PATIENCE);
    }

    URI endpoint() {
        return endpoint;
    }

    private static StaticCredentialsProvider credentials(String key, String secret) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret));
    }

    SqsClient sqs() {
        return sqs;
    }

    SqsAsyncClient async() {
        return async;
    }

    S3Client s3() {
        return s3;
    }

    /** Makes a queue and returns its URL. */
    String queue(String name, Map<QueueAttributeName, String> attributes) {
        return sqs.createQueue(r -> r.queueName(name).attributes(attributes)).queueUrl();
    }

    String queue(String name) {
        return queue(name, Map.of());
    }

    /** Makes a queue of the sort that its name says. */
    void queueFor(String name) {
        queue(name, name.endsWith(".fifo") ? Map.of(QueueAttributeName.FIFO_QUEUE, "true") : Map.of());
    }

    String fifo(String name) {
        return queue(name + ".fifo", Map.of(QueueAttributeName.FIFO_QUEUE, "true", QueueAttributeName.VISIBILITY_TIMEOUT, "600"));
    }

    /** Receives up to ten messages with all their attributes; waits while there is none. */
    List<Message> receive(String url) {
        List<Message> messages = List.of();
        for (long end = System.nanoTime() + PATIENCE.toNanos(); messages.isEmpty() && System.nanoTime() < end; ) {
            messages = sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(20)
                    .messageAttributeNames("All").messageSystemAttributeNames(MessageSystemAttributeName.ALL)).messages();
        }
        return messages;
    }

    /** Receives the one message that is there. */
    Message receiveOne(String url) {
        List<Message> messages = receive(url);
        Check.same("number of messages", 1, messages.size());
        return messages.get(0);
    }

    /** There is no message in the queue that a receiver could have at once. */
    void nothingToReceive(String url) {
        List<Message> messages = sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10)).messages();
        Check.same("messages left", List.of(), messages);
    }

    String attribute(String url, QueueAttributeName name) {
        return sqs.getQueueAttributes(r -> r.queueUrl(url).attributeNames(name)).attributes().get(name);
    }

    /** The messages of a queue: ready, in flight, delayed. */
    void holds(String url, int ready, int inFlight, int delayed) {
        Map<QueueAttributeName, String> a = sqs.getQueueAttributes(r -> r.queueUrl(url).attributeNames(QueueAttributeName.ALL)).attributes();
        List<String> got = List.of(a.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES),
                a.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE),
                a.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED));
        Check.same("messages ready, in flight and delayed", List.of("" + ready, "" + inFlight, "" + delayed), got);
    }

    void isEmpty(String url) {
        holds(url, 0, 0, 0);
    }

    @Override
    public void close() {
        sqs.close();
        async.close();
        s3.close();
    }
}
