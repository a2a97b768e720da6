package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A job on a server that vanishes without closing its connections. */
class RemoteJobTest {
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 10000\r\n\r\n";
  private static final String STEP = "{\"step\":\"packs\",\"done\":1,\"total\":2}\n";

  @ParameterizedTest
  @ValueSource(strings = {"", HEAD, HEAD + STEP, HEAD + STEP + "{\"step\":"})
  void aServerThatVanishedIsAFailureInOneLine(String sent) throws IOException {
    StringWriter err = new StringWriter();
    JobReport report =
        new JobReport(
            "collect",
            JobReport.Style.PLAIN,
            new PrintWriter(new StringWriter()),
            new PrintWriter(err));
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread silent = new Thread(() -> answer(server, sent), "vanishing-server");
      silent.setDaemon(true);
      silent.start();

      URI url = URI.create("http://127.0.0.1:" + server.getLocalPort());
      int status = new RemoteJob(url, null, SILENCE).run("collect", Map.of(), report);

      assertEquals(JobReport.FAILED, status);
      assertTrue(err.toString().contains(url + ": no sign of life for 1 seconds"), err.toString());
    }
  }

  private static void answer(ServerSocket server, String sent) {
    try (Socket client = server.accept()) {
      client.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
      client.getOutputStream().flush();
      while (client.getInputStream().read() >= 0) {
        continue; // until the client has given up
      }
    } catch (IOException e) {
      return; // the client has gone
    }
  }
}
