package narthex.standalone;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong while the archive of classes is written. ExtractIT shows what goes well. */
class ClassArchiveTest {

  @TempDir private Path extracted;
  @TempDir private Path work;

  /** A server that is ready and has an answer to every request. */
  static final class Server {
    private Server() {}

    public static void main(String[] arguments) throws IOException {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
          });
      server.start();
      System.out.println("narthex ready url=http://127.0.0.1:" + server.getAddress().getPort());
    }
  }

  private String failure() throws IOException {
    try (ClassArchive archive = new ClassArchive(extracted, work)) {
      return String.valueOf(assertThrows(IOException.class, archive::await).getMessage());
    }
  }

  private void writeJar(Class<?> main) throws Exception {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, main.getName());
    String file = main.getName().replace('.', '/') + ".class";
    try (var out = Files.newOutputStream(extracted.resolve(ExtractedWar.JAR));
        JarOutputStream jar = new JarOutputStream(out, manifest);
        InputStream in = requireNonNull(main.getResourceAsStream("/" + file))) {
      jar.putNextEntry(new JarEntry(file));
      in.transferTo(jar);
    }
  }

  /** A server that refuses to start, after classes were loaded that Java has no archive for. */
  static final class Refusing {
    private Refusing() {}

    public static void main(String[] arguments) {
      System.err.println("narthex cannot start: no reason");
      System.exit(1);
    }
  }

  @Test
  void aServerThatDoesNotStartIsOneLine() throws Exception {
    assertEquals(
        "the server did not start: Error: Unable to access jarfile "
            + extracted.resolve(ExtractedWar.JAR),
        failure());
  }

  @Test
  void theReasonOfAServerThatRefusesToStartIsTold() throws Exception {
    writeJar(Refusing.class);
    assertEquals("the server did not start: narthex cannot start: no reason", failure());
  }

  @Test
  void aServerThatLeavesNoArchiveIsOneLine() throws Exception {
    writeJar(Server.class);
    Path archive = extracted.resolve(ClassArchive.FILE);
    Files.createDirectories(archive.resolve("a folder in the place of the archive"));

    String failure = failure();

    assertTrue(failure.startsWith("Java wrote none"), failure);
  }

  @Test
  void whoeverWaitsIsToldOfTheEndOfTheServer() throws Exception {
    writeJar(Server.class);
    ClassArchive archive = new ClassArchive(extracted, work);
    archive.close();
    assertThrows(IOException.class, archive::await);
  }
}
