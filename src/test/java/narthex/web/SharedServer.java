package narthex.web;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import narthex.wiring.StoppedStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One server for all tests of a class: the whole web application in a real Tomcat. What it leaves
 * must be sound, unless a test has damaged it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SharedServer {
  private final Map<String, String> settings;

  /** The server and its upstream. The faults of the upstream are removed after each test. */
  @SuppressWarnings("NullAway.Init") // JUnit calls startServer first
  HttpFixture http;

  /** The data directory of the server. */
  @SuppressWarnings("NullAway.Init")
  Path data;

  /** Set by a test that deletes blobs of the server. */
  boolean isDamaged;

  /** Uses the usual settings. */
  SharedServer() {
    this(Map.of());
  }

  /** Uses the usual settings, overridden by these. */
  SharedServer(Map<String, String> settings) {
    this.settings = settings;
  }

  @BeforeAll
  final void startServer(@TempDir Path folder) throws IOException {
    data = folder.resolve("data");
    http = HttpFixture.start(folder, settings);
  }

  @AfterAll
  final void stopServer() throws IOException {
    http.close();
    if (!isDamaged) {
      StoppedStore.assertSound(data);
    }
  }

  @AfterEach
  final void healUpstream() {
    http.upstream.heal();
    http.upstream.comeUp();
  }
}
