package narthex.container;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives the server of this JVM ports, a folder for data, and, unless it is the only JVM that tests
 * now, a copy of the server's files. It sets the system properties that arquillian.xml and the
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
    delete(copy); // of an earlier run
    Files.walkFileTree(home, new Copying(home, copy));
    System.setProperty(HOME, copy.toString());
    takePorts(FIRST_PORT + (mine - 1) * PORTS_OF_FORK);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
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

  private static final class Copying extends SimpleFileVisitor<Path> {
    private final Path from;
    private final Path to;

    Copying(Path from, Path to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
        throws IOException {
      Files.createDirectories(to.resolve(from.relativize(folder)));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      return FileVisitResult.CONTINUE;
    }
  }
}
