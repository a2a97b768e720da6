package narthex.web;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import narthex.testing.HostileRequests;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What no honest client sends, to the server that is part of us; others: narthex.container. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileHttpTest {
  private HttpFixture server;

  @BeforeAll
  void startServer(@TempDir Path folder) throws IOException {
    server = HttpFixture.start(folder, Map.of("narthex.upload.enabled", "true"));
  }

  @AfterAll
  void stopServer() {
    server.close();
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

  private HostileRequests requests() {
    return new HostileRequests(server.port(), "");
  }
}
