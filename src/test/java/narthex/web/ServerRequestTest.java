package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import narthex.testing.RawClient;
import narthex.testing.RawHttp2Client;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Detecting in Tomcat that a client has left while a servlet works. */
@Timeout(60)
class ServerRequestTest {
  private static final long DEADLINE_SECONDS = 30;

  private final Tomcat tomcat = new Tomcat();
  private final CountDownLatch began = new CountDownLatch(1);
  private final CountDownLatch noticed = new CountDownLatch(1);

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    tomcat.setBaseDir(folder.toString());
    tomcat.setPort(0);
    Context context = tomcat.addContext("", folder.toString());
    Tomcat.addServlet(context, "waiting", new WaitingServlet());
    Tomcat.addServlet(context, "asking", new AskingServlet());
    context.addServletMappingDecoded("/wait", "waiting");
    context.addServletMappingDecoded("/ask", "asking");
    Tomcat.addServlet(context, "breaking", new BreakingServlet());
    context.addServletMappingDecoded("/break", "breaking");
    tomcat.getConnector().addUpgradeProtocol(new Http2Protocol());
    tomcat.start();
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }

  /** Works until the client has left. */
  private final class WaitingServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      long start = System.nanoTime();
      do {
        began.countDown();
        if (ServerRequest.isClientGone(request)) {
          noticed.countDown();
          return;
        }
      } while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS));
    }
  }

  /** Responds whether the client has left. */
  private static final class AskingServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      boolean gone = false;
      for (int i = 0; i < 1000; i++) {
        gone |= ServerRequest.isClientGone(request);
      }
      response.setHeader("Gone", Boolean.toString(gone));
    }
  }

  /** Breaks its response after a part of the body. */
  private static final class BreakingServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      if (request.getQueryString() != null) {
        response.setContentLength(Integer.parseInt(request.getQueryString()));
      }
      response.getOutputStream().write(new byte[100_000]);
      response.flushBuffer();
      ConnectionBreaker.breakBody(request, new IOException("broken"));
    }
  }

  private RawClient connect() throws IOException {
    return RawClient.connect(tomcat.getConnector().getLocalPort());
  }

  @Test
  void aServletNoticesThatItsClientLeft() throws Exception {
    try (RawClient client = connect()) {
      client.send(RawClient.head("GET", "/wait"));
      began.await();
    }

    assertTrue(noticed.await(DEADLINE_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void aServletNoticesThatItsClientCancelledARequestOfHttp2() throws Exception {
    try (RawHttp2Client client = RawHttp2Client.connect(tomcat.getConnector().getLocalPort())) {
      client.get("/wait");
      began.await();
      client.reset();

      assertTrue(noticed.await(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void aServletNoticesThatItsClientClosedAConnectionOfHttp2() throws Exception {
    try (RawHttp2Client client = RawHttp2Client.connect(tomcat.getConnector().getLocalPort())) {
      client.get("/wait");
      began.await();
    }

    assertTrue(noticed.await(DEADLINE_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void aClientOfHttp2ThatWaitsIsNotTakenForGone() throws Exception {
    HttpResponse<String> answer = send(HttpClient.newHttpClient(), "/ask");

    assertEquals(HttpClient.Version.HTTP_2, answer.version());
    assertEquals("false", answer.headers().firstValue("Gone").orElseThrow());
  }

  @Test
  void aBrokenBodyOfHttp2IsNoCleanEndAndTheConnectionGoesOn() throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    assertEquals(HttpClient.Version.HTTP_2, send(client, "/ask").version());

    assertThrows(IOException.class, () -> send(client, "/break"));
    assertThrows(IOException.class, () -> send(client, "/break?200000"));

    assertEquals(HttpClient.Version.HTTP_2, send(client, "/ask").version());
  }

  private HttpResponse<String> send(HttpClient client, String target)
      throws IOException, InterruptedException {
    String url = "http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + target;
    return client.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aClientThatSendsItsNextRequestEarlyIsNotTakenForGone() throws Exception {
    try (RawClient client = connect()) {
      client.send(
          RawClient.head("GET", "/ask")
              + RawClient.head("GET", "/ask")
              + RawClient.head("GET", "/ask", "Connection: close"));

      String answers = client.readToEnd();

      assertEquals(4, answers.split("Gone: false", -1).length, answers);
    }
  }
}
