package narthex.wiring;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.document.NarFiles;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.NarUpload;
import narthex.maintain.Deletion;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarLookup;
import narthex.serve.Readiness;
import narthex.serve.SiteInfo;
import narthex.stream.DecoderBudget;
import narthex.web.AccessRule;
import narthex.web.BodyPace;
import narthex.web.DeletionSwitch;
import narthex.web.RunningRequests;
import narthex.web.Shares;
import narthex.web.UploadSwitch;
import org.jspecify.annotations.Nullable;

/**
 * The CDI side of the wiring: gives servlets and filters the objects that {@link ServerLifecycle}
 * opened.
 */
@ApplicationScoped
public class Deployment {
  private final RunningRequests requests = new RunningRequests();
  private volatile @Nullable Components components;
  private volatile @Nullable Shares shares;

  /**
   * Opens everything; called once, before the first request.
   *
   * @param context the context path
   * @param requestThreads how many threads of the server answer requests
   */
  void open(Settings settings, String context, int requestThreads) throws IOException {
    Components opening = Components.open(settings, context);
    shares =
        new Shares(
            new Shares.Limits(
                requestThreads,
                settings.readers().window(),
                settings.readers().minBytesPerSecond()),
            opening.bodyPace().timer());
    components = opening;
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
    Shares sharing = shares;
    if (sharing != null) {
      sharing.close();
    }
    if (opened != null) {
      opened.close();
    }
    return requests.awaitNone(atMost);
  }

  @Produces
  @Singleton
  RunningRequests runningRequests() {
    return requests;
  }

  @Produces
  @Singleton
  NarInfoLookup narInfoLookup() {
    return opened().narInfoLookup();
  }

  @Produces
  @Singleton
  NarLookup narLookup() {
    return opened().narLookup();
  }

  @Produces
  @Singleton
  Advertising advertising() {
    return opened().advertising();
  }

  @Produces
  UploadSwitch uploads() {
    return opened().uploads();
  }

  @Produces
  @Singleton
  NarUpload narUpload() {
    return opened().narUpload();
  }

  @Produces
  @Singleton
  NarInfoUpload narInfoUpload() {
    return opened().narInfoUpload();
  }

  @Produces
  DeletionSwitch deletions() {
    return opened().deletions();
  }

  @Produces
  @Singleton
  Deletion deletion() {
    return opened().deletion();
  }

  @Produces
  @Singleton
  DecoderBudget decoderBudget() {
    return opened().decoderBudget();
  }

  @Produces
  @Singleton
  NarFiles narFiles() {
    return opened().narFiles();
  }

  @Produces
  @Singleton
  DocumentLookup documentLookup() {
    return opened().documentLookup();
  }

  @Produces
  @Singleton
  DocumentUpload documentUpload() {
    return opened().documentUpload();
  }

  @Produces
  @Singleton
  Readiness readiness() {
    return opened().readiness();
  }

  @Produces
  @Singleton
  SiteInfo siteInfo() {
    return opened().siteInfo();
  }

  @Produces
  @Singleton
  AccessRule accessRule() {
    return opened().accessRule();
  }

  @Produces
  @Singleton
  BodyPace bodyPace() {
    return opened().bodyPace();
  }

  @Produces
  @Singleton
  Shares shares() {
    Shares sharing = shares;
    if (sharing == null) {
      throw new IllegalStateException("the server is not started");
    }
    return sharing;
  }

  private Components opened() {
    Components opened = components;
    if (opened == null) {
      throw new IllegalStateException("the server is not started");
    }
    return opened;
  }
}
