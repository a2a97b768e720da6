package narthex.wiring;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import narthex.settings.Settings;
import narthex.web.Site;
import org.jspecify.annotations.Nullable;

/** CDI bean that holds the components of the deployment and produces their {@link Site}. */
@Singleton // needs no proxy, which would be made at each start
public final class Deployment {
  private volatile @Nullable Components components;

  /**
   * Opens the components. Called once, before the first request.
   *
   * @param context the context path
   * @param requestThreads number of the server's request threads
   * @throws IOException if the database can't be read
   */
  void open(Settings settings, String context, int requestThreads) throws IOException {
    components = Components.open(settings, context, requestThreads);
  }

  /**
   * Makes {@code /readyz} answer 503, and stops jobs. The server goes on answering other requests.
   */
  void announceStop() {
    Components opened = components;
    if (opened != null) {
      opened.site().readiness().stop();
      opened.site().jobs().stop();
    }
  }

  /**
   * Closes the components, then waits for running requests to end. Called once, after the last
   * request has started. Closing makes running requests fail. Each must still abort its connection,
   * so that its client sees an incomplete response; that is impossible once the server has unloaded
   * our classes.
   *
   * @param atMost maximum wait
   * @return false if requests were still running after {@code atMost}, or if the thread was
   *     interrupted
   */
  boolean close(Duration atMost) {
    announceStop();
    Components opened = components;
    components = null;
    if (opened == null) {
      return true;
    }
    opened.close();
    return opened.site().resources().running().awaitNone(atMost);
  }

  @Produces
  @Singleton
  Site site() {
    Components opened = components;
    if (opened == null) {
      throw new IllegalStateException("the server is not started");
    }
    return opened.site();
  }
}
