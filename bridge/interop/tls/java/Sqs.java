import java.net.URI;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The SDK. */
final class Sqs {
    private Sqs() {}

    static void signed(Site site) throws Exception {
        var key = AwsBasicCredentials.create(site.accessKey(), site.secret());
        exchange(site, site.trusting(), StaticCredentialsProvider.create(key));
    }

    static void byCertificate(Site site) throws Exception {
        exchange(site, site.showing(), AnonymousCredentialsProvider.create());
    }

    static void untrusted(Site site) throws Exception {
        Check.distrusts(() -> exchange(site, Site.untrusting(), AnonymousCredentialsProvider.create()));
    }

    private static SdkHttpClient http(Trust trust) {
        var builder = UrlConnectionHttpClient.builder();
        if (trust.trusted() != null) {
            builder.tlsTrustManagersProvider(trust::trusted);
        }
        if (trust.shown() != null) {
            builder.tlsKeyManagersProvider(trust::shown);
        }
        return builder.build();
    }

    private static void exchange(Site site, Trust trust, AwsCredentialsProvider who) {
        try (SqsClient sqs = SqsClient.builder().endpointOverride(URI.create("https://" + site.sqs())).region(Region.US_EAST_1)
                .credentialsProvider(who).httpClient(http(trust)).build()) {
            String url = sqs.createQueue(r -> r.queueName("java-sqs")).queueUrl();
            Check.same("https://" + site.sqs() + "/000000000000/java-sqs", url);
            sqs.sendMessage(r -> r.queueUrl(url).messageBody("hello"));
            var messages = sqs.receiveMessage(r -> r.queueUrl(url).waitTimeSeconds(20)).messages();
            Check.same(1, messages.size());
            Check.same("hello", messages.get(0).body());
            sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(messages.get(0).receiptHandle()));
        }
    }
}
