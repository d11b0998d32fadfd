import java.util.Objects;
import javax.net.ssl.SSLException;

/** What a case claims. What is not so is an AssertionError that says what is instead. */
final class Check {
    private Check() {}

    /** Does something with a client. */
    @FunctionalInterface
    interface Step {
        void run() throws Exception;
    }

    static void same(Object want, Object got) {
        if (!Objects.equals(want, got)) {
            throw new AssertionError(got + ", want " + want);
        }
    }

    /** The step fails, somewhere below, since nobody knows the CA. */
    static void distrusts(Step step) throws Exception {
        try {
            step.run();
        } catch (Exception e) {
            for (Throwable t = e; t != null; t = t.getCause()) {
                if (t instanceof SSLException || t instanceof java.security.cert.CertificateException) {
                    return;
                }
            }
            throw e;
        }
        throw new AssertionError("a house of which nobody knows the CA is trusted");
    }
}
