package narthex.standalone;

/**
 * Where the standalone server listens.
 *
 * @param host a host name or address; empty means all interfaces
 * @param port 1 to 65535, or 0 for any free port
 */
record HttpAddress(String host, int port) {

  private static final int DEFAULT_PORT = 8501;

  /** The address which the settings tell. */
  static HttpAddress configured() {
    return new HttpAddress(
        System.getProperty("narthex.http.address", "127.0.0.1"),
        Integer.getInteger("narthex.http.port", DEFAULT_PORT));
  }

  /** The URL under which people reach this address, with the port that is really open. */
  String url(int openPort) {
    boolean everywhere = host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    String name = everywhere ? "localhost" : host;
    return "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + openPort;
  }
}
