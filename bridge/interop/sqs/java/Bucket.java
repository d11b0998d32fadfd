import com.amazon.sqs.javamessaging.AmazonSQSExtendedClient;
import com.amazon.sqs.javamessaging.ExtendedClientConfiguration;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.sqs.SqsClient;

/** A bucket of one scenario, and extended clients that keep large bodies in it. They are not closed: that would close the house's. */
final class Bucket {
    final String name;
    private final House house;

    Bucket(House house, String name) {
        this.house = house;
        this.name = name;
        house.s3().createBucket(r -> r.bucket(name));
    }

    ExtendedClientConfiguration configuration() {
        return new ExtendedClientConfiguration().withPayloadSupportEnabled(house.s3(), name, true);
    }

    /** A client as the library comes: it says how large a body is in the attribute SQSLargePayloadSize. */
    SqsClient client() {
        return new AmazonSQSExtendedClient(house.sqs(), configuration());
    }

    /** A client that says it in ExtendedPayloadSize, as the clients for other languages do. */
    SqsClient newNameClient() {
        return new AmazonSQSExtendedClient(house.sqs(), configuration().withLegacyReservedAttributeNameDisabled());
    }

    Set<String> objects() {
        return house.s3().listObjectsV2(r -> r.bucket(name)).contents().stream().map(S3Object::key)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The key of the only object. */
    String key() {
        Set<String> all = objects();
        Check.same("number of objects", 1, all.size());
        return all.iterator().next();
    }

    void put(String key, String body) {
        house.s3().putObject(r -> r.bucket(name).key(key), RequestBody.fromString(body));
    }

    void delete(String key) {
        house.s3().deleteObject(r -> r.bucket(name).key(key));
    }

    void isEmpty() {
        Check.same("objects left", Set.of(), objects());
    }
}
