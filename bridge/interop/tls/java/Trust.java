import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Whom a client trusts, and what it shows of itself. */
record Trust(TrustManager[] trusted, KeyManager[] shown) {
    private static final char[] NO_PASSWORD = new char[0];

    /** Trusts a CA of which the certificate is in a file in PEM. */
    static Trust of(String ca) throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        store.setCertificateEntry("ca", chain(ca)[0]);
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return new Trust(factory.getTrustManagers(), null);
    }

    /** The same, and shows a certificate, of which the key is in a file in PKCS #8. */
    Trust showing(String cert, String key) throws GeneralSecurityException, IOException {
        String text = Files.readString(Path.of(key)).replaceAll("-----[A-Z ]+-----", "");
        var secret = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text)));
        KeyStore store = empty();
        store.setKeyEntry("me", secret, NO_PASSWORD, chain(cert));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return new Trust(trusted, factory.getKeyManagers());
    }

    SSLContext context() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(shown, trusted, null);
        return context;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }

    private static Certificate[] chain(String path) throws GeneralSecurityException, IOException {
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(Path.of(path)))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(Certificate[]::new);
        }
    }
}
