package narthex.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports for servers that are told theirs, or that start again on the same one. They are below
 * the range from which systems take the ports of outgoing connections and of servers that leave the
 * choice to the system, so that none of these gets in the way later. The port after each is free
 * too, so that a test can see that a member of a cluster doesn't use that.
 */
public final class PortPair {
  private static final int FIRST = 10_000;
  private static final int LAST = 30_000;

  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private PortPair() {}

  /** A port that is free on the loopback interface, as is the next one; another one each time. */
  public static int find() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST / 2, LAST / 2) * 2;
      if (GIVEN.add(port) && isFree(port) && isFree(port + 1)) {
        return port;
      }
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException inUse) {
      return false;
    }
  }
}
