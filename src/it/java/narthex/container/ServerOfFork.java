package narthex.container;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import narthex.testing.FileTrees;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives the server of this JVM ports, a folder for data and a copy of the server's files, as
 * another JVM may test at the same time. It sets the system properties that arquillian.xml and the
 * tests read, so it must run before Arquillian starts the server.
 */
final class ServerOfFork implements BeforeAllCallback {
  private static final List<String> PORTS =
      List.of(
          "it.http.port", "it.https.port", "it.management.port", "it.jmx.port", "it.upstream.port");

  private static final String HOME = "it.server.home";
  private static final String DATA = "it.data";

  private static final int FIRST_PORT = 10_000;

  /** Ports of one JVM; all are below those that systems take for outgoing connections. */
  private static final int PORTS_OF_FORK = 5_000;

  /** Locked until the JVM ends, so that no other one has the same number. */
  private static @Nullable FileChannel number;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    if (number != null) {
      return; // another class has done it
    }
    Path data = Path.of(System.getProperty(DATA));
    int mine = takeNumber(Files.createDirectories(data));
    System.setProperty(DATA, data.resolve(Integer.toString(mine)).toString());
    Path home = Path.of(System.getProperty(HOME));
    Path copy = home.resolveSibling(home.getFileName() + "-" + mine);
    if (Files.exists(copy)) { // of an earlier run
      FileTrees.delete(copy);
    }
    FileTrees.copy(home, copy);
    System.setProperty(HOME, copy.toString());
    takePorts(FIRST_PORT + (mine - 1) * PORTS_OF_FORK);
  }

  /** Takes the lowest number that no other JVM has. */
  private static int takeNumber(Path folder) throws IOException {
    for (int next = 1; ; next++) {
      FileChannel file =
          FileChannel.open(
              folder.resolve(next + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (file.tryLock() != null) {
        number = file;
        return next;
      }
      file.close();
    }
  }

  /** Finds free ports, all of them different. */
  private static void takePorts(int from) throws IOException {
    List<ServerSocket> taken = new ArrayList<>();
    for (int port = from; taken.size() < PORTS.size(); port++) {
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        System.setProperty(PORTS.get(taken.size()), Integer.toString(port));
        taken.add(socket);
      } catch (IOException inUse) {
        socket.close();
      }
    }
    for (ServerSocket socket : taken) {
      socket.close();
    }
  }
}
