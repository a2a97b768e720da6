package narthex.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import narthex.web.MetricsText;
import narthex.web.RequestObserver;

/**
 * The figures of one deployment. Every counter is there from the start, with all values of its
 * labels that can be known. Thread-safe.
 *
 * <p>Names follow Prometheus' conventions: base units, {@code _total} for counters. Micrometer's
 * own names, by JMX, have dots for underscores and no unit.
 */
public final class Metrics implements MetricsText, Closeable {
  private static final String TEXT_FORMAT = "text/plain";

  private final PrometheusMeterRegistry prometheus;
  private final MeterRegistry registry;
  private final JvmMeters jvm;
  private final RequestMeters requests;

  /**
   * Where to push the figures to by OTLP.
   *
   * @param url where the collector takes metrics, such as {@code http://localhost:4318/v1/metrics}
   * @param interval time between two pushes
   * @param headers HTTP headers by name
   */
  public record Push(String url, Duration interval, Map<String, String> headers) {
    /** Copies the headers. */
    public Push {
      headers = Map.copyOf(headers);
    }
  }

  private Metrics(PrometheusMeterRegistry prometheus, MeterRegistry registry, String version) {
    this.prometheus = prometheus;
    this.registry = registry;
    this.jvm = new JvmMeters(registry);
    this.requests = new RequestMeters(registry);
    Gauge.builder("narthex.build.info", () -> 1)
        .description("1, with the version of Narthex")
        .tag("version", version)
        .register(registry);
  }

  /**
   * Starts to measure.
   *
   * @param version the version of this program
   * @param push where to push the figures to; empty for nowhere
   */
  public static Metrics open(String version, Optional<Push> push) {
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    if (push.isEmpty()) {
      return new Metrics(prometheus, prometheus, version);
    }
    CompositeMeterRegistry both = new CompositeMeterRegistry(Clock.SYSTEM);
    both.add(prometheus);
    both.add(OtlpPush.open(push.get()));
    return new Metrics(prometheus, both, version);
  }

  /** What counts requests. */
  public RequestObserver requests() {
    return requests;
  }

  /** Adds the figures of the JVM, whose collections are counted from then on. Call it once. */
  public void watchJvm() {
    jvm.bind();
  }

  /** What measures the parts of a server. */
  public ServerMeters server() {
    return new ServerMeters(registry);
  }

  /** What measures what is stored. */
  public StorageMeters storage() {
    return new StorageMeters(registry);
  }

  /** What counts background work. */
  public WorkMeters work() {
    return new WorkMeters(registry);
  }

  /**
   * Shows all figures by JMX until the result is closed.
   *
   * @param context the context path, which tells apart the deployments in one server
   */
  public Closeable showByJmx(String context) {
    return JmxMeters.register(prometheus, context);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    prometheus.scrape(out, TEXT_FORMAT);
  }

  /** Stops to measure; pushes the last figures. */
  @Override
  public void close() {
    jvm.close();
    registry.close();
    prometheus.close();
  }
}
