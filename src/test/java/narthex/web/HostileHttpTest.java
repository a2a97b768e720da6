package narthex.web;

import java.io.IOException;
import java.util.Map;
import narthex.testing.HostileRequests;
import org.junit.jupiter.api.Test;

/** Hostile requests to the standalone server. See narthex.container for other servers. */
class HostileHttpTest extends SharedServer {
  HostileHttpTest() {
    super(Map.of("narthex.upload.enabled", "true"));
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
    return new HostileRequests(http.port(), "");
  }
}
