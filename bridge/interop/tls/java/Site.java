/** What ../site_test.go says. */
record Site(
        String sqs, String stomp, String nats, String first,
        String ca, String cert, String key,
        String user, String password, String accessKey, String secret) {
    /** A client that knows the CA. */
    Trust trusting() throws Exception {
        return Trust.of(ca);
    }

    /** One that has a certificate besides. */
    Trust showing() throws Exception {
        return trusting().showing(cert, key);
    }

    /** One that knows whom Java knows. */
    static Trust untrusting() {
        return new Trust(null, null);
    }
}
