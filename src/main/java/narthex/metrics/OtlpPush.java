package narthex.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pushes figures by OTLP. Apart from the rest, so that its classes are loaded only if needed. */
final class OtlpPush {
  private OtlpPush() {}

  /** Starts to push. The caller closes the registry. */
  static MeterRegistry open(Metrics.Push push) {
    return new OtlpMeterRegistry(new Config(push), Clock.SYSTEM);
  }

  private record Config(Metrics.Push push) implements OtlpConfig {
    @Override
    public @Nullable String get(String key) {
      return null; // the defaults
    }

    @Override
    public String url() {
      return push.url();
    }

    @Override
    public Duration step() {
      return push.interval();
    }

    @Override
    public Map<String, String> headers() {
      return push.headers();
    }

    @Override
    public Map<String, String> resourceAttributes() {
      return Map.of("service.name", "narthex");
    }
  }
}
