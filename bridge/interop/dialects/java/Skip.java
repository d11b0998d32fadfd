/** Why a client cannot judge a case. */
final class Skip extends Exception {
    private static final long serialVersionUID = 1;

    Skip(String why) {
        super(why);
    }
}
