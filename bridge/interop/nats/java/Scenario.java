/** Does something with the library and throws where what comes of it is not as it should be. */
@FunctionalInterface
interface Scenario {
    void run(House house) throws Exception;
}
