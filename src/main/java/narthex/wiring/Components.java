package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import narthex.metrics.Metrics;
import narthex.settings.Settings;
import narthex.web.BodyPace;
import narthex.web.RequestHistory;
import narthex.web.RequestObserver;
import narthex.web.RunningRequests;
import narthex.web.Shares;
import narthex.web.Site;

/** Opens and starts all components of one deployment. Closes them in reverse order. */
final class Components implements Closeable {
  /** Packs are compressed again when no client was served for this time. */
  private static final Duration IDLE_AFTER = Duration.ofMinutes(1);

  private final Backbone backbone;
  private final Site site;

  private Components(Backbone backbone, String context, int requestThreads) throws IOException {
    this.backbone = backbone;
    Settings settings = backbone.settings();
    RunningRequests running = new RunningRequests();
    Metrics metrics = MetricsAssembly.open(settings);
    backbone.closeables().push(metrics);
    Maintenance maintenance = Maintenance.start(backbone, () -> running.isQuietFor(IDLE_AFTER));
    LateMetrics shown =
        LateMetrics.start(
            metrics,
            () -> MetricsAssembly.show(metrics, backbone, running, maintenance.eviction(), context),
            backbone.timer());
    backbone.closeables().push(shown);
    RequestHistory history = new RequestHistory(backbone.base().clock());
    this.site =
        backbone
            .assembly()
            .site(
                new Site.Resources(
                    running,
                    shares(settings.readers(), requestThreads),
                    bodyPace(settings.bodies(), backbone.timer()),
                    backbone.base().decoders()),
                AdminAssembly.administration(backbone, maintenance, history),
                backbone.cluster(),
                RequestObserver.all(List.of(metrics.requests(), history)),
                shown);
    MetricsAssembly.count(metrics, backbone, maintenance, site.jobs());
  }

  /**
   * Opens and starts the components.
   *
   * @param context the context path, named in the lock file of the data directory
   * @param requestThreads number of the server's request threads
   * @throws IOException if the database can't be read; all opened components are closed
   * @throws narthex.settings.SettingsException if a setting can't be used, for example because its
   *     file can't be opened; all opened components are closed
   */
  static Components open(Settings settings, String context, int requestThreads) throws IOException {
    Backbone backbone = new Backbone(settings, "context " + context);
    try {
      return new Components(backbone, context, requestThreads);
    } catch (IOException | RuntimeException | Error e) {
      backbone.close();
      throw e;
    }
  }

  Site site() {
    return site;
  }

  private Shares shares(Settings.Readers readers, int requestThreads) {
    Shares shares =
        new Shares(
            new Shares.Limits(requestThreads, readers.window(), readers.minBytesPerSecond()),
            backbone.timer());
    backbone.closeables().push(shares);
    return shares;
  }

  private static BodyPace bodyPace(Settings.Bodies bodies, ScheduledExecutorService timer) {
    return new BodyPace(bodies.idleTimeout(), bodies.minBytesPerSecond(), timer);
  }

  @Override
  public void close() {
    backbone.close();
  }
}
