package narthex.wiring;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import narthex.settings.Settings;
import narthex.web.Site;
import org.jspecify.annotations.Nullable;

/** The CDI side of the wiring: gives the filters the site that {@link ServerLifecycle} opened. */
@ApplicationScoped
public class Deployment {
  private volatile @Nullable Components components;

  /**
   * Opens everything; called once, before the first request.
   *
   * @param context the context path
   * @param requestThreads how many threads of the server answer requests
   */
  void open(Settings settings, String context, int requestThreads) throws IOException {
    components = Components.open(settings, context, requestThreads);
  }

  /**
   * Closes everything; called once, when no more requests come. Those that are running break off
   * for that, and are waited for: a server that has put our classes away could no longer tell their
   * clients that what they got is not the whole.
   *
   * @param atMost how long they are waited for
   * @return whether none is running any more
   */
  boolean close(Duration atMost) {
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
