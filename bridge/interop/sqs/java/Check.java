import java.util.Objects;
import java.util.concurrent.Callable;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** What a scenario claims. What is not so is an AssertionError that says what is instead. */
final class Check {
    private Check() {}

    static void that(boolean holds, String claim) {
        if (!holds) {
            throw new AssertionError(claim);
        }
    }

    static void same(String what, Object want, Object got) {
        if (!Objects.deepEquals(want, got)) {
            throw new AssertionError(what + " is " + show(got) + ", want " + show(want));
        }
    }

    /** Returns what the call throws, which must be of that very class. */
    static <E extends Exception> E fails(Class<E> want, Callable<?> call) throws Exception {
        Object got;
        try {
            got = call.call();
        } catch (Exception e) {
            if (e.getClass() == want) {
                return want.cast(e);
            }
            throw new AssertionError("failed with " + e + ", want " + want.getSimpleName(), e);
        }
        throw new AssertionError("succeeded with " + show(got) + ", want " + want.getSimpleName());
    }

    /** The call fails with an exception of the SDK, of that very class, code and HTTP status. */
    static <E extends SqsException> void refused(Class<E> want, String code, int status, Callable<?> call) throws Exception {
        E e = fails(want, call);
        same("code of " + want.getSimpleName(), code, e.awsErrorDetails().errorCode());
        same("status of " + want.getSimpleName() + " " + code, status, e.statusCode());
        that(!e.awsErrorDetails().errorMessage().isBlank(), code + " says nothing");
        that(e.requestId() != null, code + " has no request id");
    }

    private static String show(Object o) {
        String text = o instanceof byte[] b ? java.util.Arrays.toString(b) : String.valueOf(o);
        return text.length() <= 500 ? text : text.substring(0, 500) + "…";
    }
}
