package narthex.container;

import java.io.IOException;
import java.net.InetAddress;
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
import java.util.List;
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

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    if (System.getProperty(PORTS.get(0)) != null) {
      return; // another class has done it
    }
    Path data = Path.of(System.getProperty(DATA));
    int number = takeNumber(Files.createDirectories(data));
    System.setProperty(DATA, data.resolve(Integer.toString(number)).toString());
    if (number > 1) {
      Path home = Path.of(System.getProperty(HOME));
      Path copy = home.resolveSibling(home.getFileName() + "-" + number);
      if (!Files.exists(copy)) {
        Files.walkFileTree(home, new Copying(home, copy));
      }
      System.setProperty(HOME, copy.toString());
    }
    takePorts();
  }

  /** Takes the lowest number that no other JVM has, until this one ends. */
  private static int takeNumber(Path folder) throws IOException {
    for (int number = 1; ; number++) {
      FileChannel file =
          FileChannel.open(
              folder.resolve(number + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (file.tryLock() != null) {
        return number; // the lock goes with the JVM
      }
      file.close();
    }
  }

  /** Finds free ports, all of them different. */
  private static void takePorts() throws IOException {
    List<ServerSocket> taken = new ArrayList<>();
    for (String name : PORTS) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      taken.add(socket);
      System.setProperty(name, Integer.toString(socket.getLocalPort()));
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
