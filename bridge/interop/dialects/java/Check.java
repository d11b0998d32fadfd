import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** What a scenario claims. What is not so is an AssertionError that says what is instead. */
final class Check {
    /** When a scenario gives up, in seconds; not what anything takes. */
    static final long PATIENCE = 180;

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

    /** The next thing of a queue, which comes some time. */
    static <T> T next(String what, BlockingQueue<T> queue) throws InterruptedException {
        T got = queue.poll(PATIENCE, TimeUnit.SECONDS);
        that(got != null, "no " + what + " came");
        return got;
    }

    /** Returns what the call throws, which must be of that class. */
    static <E extends Exception> E fails(Class<E> want, Callable<?> call) throws Exception {
        Object got;
        try {
            got = call.call();
        } catch (Exception e) {
            if (want.isInstance(e)) {
                return want.cast(e);
            }
            throw new AssertionError("failed with " + e + ", want " + want.getSimpleName(), e);
        }
        throw new AssertionError("succeeded with " + show(got) + ", want " + want.getSimpleName());
    }

    private static String show(Object o) {
        String text = o instanceof byte[] b ? java.util.Arrays.toString(b) : String.valueOf(o);
        return text.length() <= 500 ? text : text.substring(0, 500) + "…";
    }
}
