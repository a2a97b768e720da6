package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import narthex.web.MetricsText;
import org.jspecify.annotations.Nullable;

/**
 * Registers the figures that take a while to register and are looked up when somebody reads them:
 * when the figures are first asked for, or soon after the start, which needn't wait for them.
 * Thread-safe.
 */
final class LateMetrics implements MetricsText, Closeable {
  private static final System.Logger LOG = System.getLogger(LateMetrics.class.getName());
  private static final Duration AFTER_START = Duration.ofSeconds(1);

  private final MetricsText metrics;
  private final Supplier<Closeable> registration;
  private boolean tried; // guarded by this
  private @Nullable Closeable registered; // guarded by this
  private boolean closed; // guarded by this

  private LateMetrics(MetricsText metrics, Supplier<Closeable> registration) {
    this.metrics = metrics;
    this.registration = registration;
  }

  /**
   * @param metrics all figures
   * @param registration registers the figures; its result is closed with this
   * @param timer registers them a second after the start
   */
  static LateMetrics start(
      MetricsText metrics, Supplier<Closeable> registration, ScheduledExecutorService timer) {
    LateMetrics late = new LateMetrics(metrics, registration);
    var unused = timer.schedule(late::register, AFTER_START.toMillis(), TimeUnit.MILLISECONDS);
    return late;
  }

  /** Registers the figures once. What fails is missing: the other figures are right. */
  private synchronized void register() {
    if (tried || closed) {
      return;
    }
    tried = true;
    try {
      registered = registration.get();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "some figures are missing", e);
    }
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    register();
    metrics.writeTo(out);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (registered != null) {
      registered.close();
    }
  }
}
