package narthex.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import narthex.testing.HostileRequests;
import narthex.testing.HostileUploads;
import narthex.testing.RawClient;
import narthex.testing.RawClient.Answer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** Requests that no honest client sends, to the WAR in application servers. */
@InApplicationServer
class HostileInputIT {
  private static final String CONTEXT = "/hostile";
  private static final String NAR = CONTEXT + "/upload/nar/" + "0".repeat(52) + ".nar";

  private static final String NARINFO = CONTEXT + "/upload/" + "0".repeat(32) + ".narinfo";

  /** The value in arquillian.xml. */
  private static final int MAX_NAR_BYTES = 16 << 20;

  /** The stack frame of a thread that waits for a request body. */
  private static final String WAITING = "narthex.web.PacedBody.read";

  @Deployment(testable = false)
  static WebArchive narthex() {
    return BuiltWar.named("hostile.war");
  }

  @Test
  void noPathIsMisunderstood() throws IOException {
    requests().assertNoPathIsMisunderstood();
  }

  @Test
  void oddNamesOfWhatIsThereAreHarmless() throws IOException {
    requests().assertOddNamesAreHarmless();
  }

  @Test
  void unknownMethodsAreA405() throws IOException {
    requests().assertUnknownMethodsAreRefused();
  }

  @Test
  void oddHeadsAreHarmless() throws IOException {
    requests().assertOddHeadsAreHarmless();
  }

  @Test
  void aBodyThatStallsIsA408AndHoldsNoThread() throws IOException {
    assertAllGivenUp(
        List.of(
            RawClient.head("PUT", NAR, "Content-Length: 1000000") + "some",
            RawClient.head("PUT", NAR, "Content-Length: 1000000"),
            RawClient.head("PUT", NAR, "Transfer-Encoding: chunked") + "5\r\nhello\r\n",
            RawClient.head("PUT", NAR, "Transfer-Encoding: chunked") + "5\r\nhello\r\n3;"),
        408);
  }

  @Test
  void aBodyThatDribblesIsA408AndHoldsNoThread() throws IOException {
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      client.send(RawClient.head("PUT", NARINFO, "Content-Length: 1000000"));
      assertGivenUpWhileItDribbles(client, 408);
    }
  }

  @Test
  void aChunkHeaderThatDribblesIsA408AndHoldsNoThread() throws IOException {
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      client.send(RawClient.head("PUT", NAR, "Transfer-Encoding: chunked") + "5\r\nhello\r\n3;");
      assertGivenUpWhileItDribbles(client, 408);
    }
  }

  @Test
  void aBodyThatNobodyWantedHoldsNoThread() throws IOException {
    String length = "Content-Length: 1000000";
    assertAllGivenUp(
        List.of(RawClient.head("POST", CONTEXT + "/healthz", length) + "some"), 405, 408);
    assertAllGivenUp(
        List.of(RawClient.head("GET", CONTEXT + "/healthz", length) + "some"), 200, 408);
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      client.send(RawClient.head("POST", CONTEXT + "/healthz", "Content-Length: 1000000"));
      assertGivenUpWhileItDribbles(client, 405, 408);
    }
  }

  @Test
  void aBodyThatBreaksOffIsNoTrouble() throws IOException {
    for (String request :
        new String[] {
          RawClient.head("PUT", NAR, "Content-Length: 1000") + "some",
          RawClient.head("PUT", NAR, "Transfer-Encoding: chunked") + "3e8\r\nsome",
          RawClient.head("PUT", NAR, "Transfer-Encoding: chunked") + "4\r\nsome\r\n",
          RawClient.head("PUT", NAR, "Transfer-Encoding: chunked") + "wrong\r\nsome"
        }) {
      try (RawClient client = RawClient.connect(BuiltWar.port())) {
        client.send(request);
        client.finish();
        String answer = client.readToEnd();
        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 400 "), answer);
      }
    }
    assertNoThreadWaits();
    assertEquals(404, RawClient.ask(BuiltWar.port(), "HEAD", NAR).status());
  }

  @Test
  void uploadsThatNobodyHonestMakesAreRefused() throws IOException {
    new HostileUploads(BuiltWar.port(), CONTEXT, MAX_NAR_BYTES).assertAllAreRefused();
  }

  /** Sends the requests at the same time, as each costs the whole time of a stall. */
  private static void assertAllGivenUp(List<String> requests, Integer... status)
      throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (String request : requests) {
        RawClient client = RawClient.connect(BuiltWar.port());
        clients.add(client);
        client.send(request);
      }
      for (RawClient client : clients) {
        assertAnswerAndEnd(client, status);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
    assertNoThreadWaits();
  }

  private static void assertGivenUpWhileItDribbles(RawClient client, Integer... status)
      throws IOException {
    ScheduledExecutorService dribble = Executors.newSingleThreadScheduledExecutor();
    try {
      dribble.scheduleAtFixedRate(
          () -> sendOne(client), 0, Duration.ofMillis(50).toMillis(), TimeUnit.MILLISECONDS);
      assertAnswerAndEnd(client, status);
    } finally {
      dribble.shutdownNow();
    }
    assertNoThreadWaits();
  }

  private static void sendOne(RawClient client) {
    try {
      client.sendAsFarAsWanted(new byte[] {'x'});
    } catch (IOException closedHere) {
      throw new IllegalStateException(closedHere); // cancels the scheduled task
    }
  }

  private static void assertAnswerAndEnd(RawClient client, Integer... status) throws IOException {
    Answer answer = client.read("PUT");
    assertTrue(List.of(status).contains(answer.status()), answer::toString);
    assertEquals("", client.readToEnd(), "the connection is closed, not kept");
  }

  private static void assertNoThreadWaits() throws IOException {
    assertEquals(0, RunningServer.find().framesOf(WAITING));
  }

  private static HostileRequests requests() {
    return new HostileRequests(BuiltWar.port(), CONTEXT);
  }
}
