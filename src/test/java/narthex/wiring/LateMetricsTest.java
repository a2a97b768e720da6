package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LateMetricsTest {
  private final ScheduledExecutorService timer = ThreadPools.timer("narthex-test");
  private final List<String> seen = new ArrayList<>();

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private LateMetrics start(Supplier<Closeable> registration) {
    return LateMetrics.start(out -> seen.add("written"), registration, timer);
  }

  private Closeable register() {
    seen.add("registered");
    return () -> seen.add("closed");
  }

  @Test
  void figuresAreRegisteredOnceBeforeTheyAreRead() throws IOException {
    LateMetrics metrics = start(this::register);
    metrics.writeTo(OutputStream.nullOutputStream());
    metrics.writeTo(OutputStream.nullOutputStream());
    metrics.close();

    assertEquals(List.of("registered", "written", "written", "closed"), seen);
  }

  @Test
  void nothingIsRegisteredAfterTheEnd() throws IOException {
    LateMetrics metrics = start(this::register);
    metrics.close();
    metrics.writeTo(OutputStream.nullOutputStream());

    assertEquals(List.of("written"), seen);
  }

  @Test
  void figuresAreReadWithoutThoseThatCannotBeRegistered() throws IOException {
    LateMetrics metrics =
        start(
            () -> {
              seen.add("tried");
              throw new IllegalStateException("no figures");
            });
    metrics.writeTo(OutputStream.nullOutputStream());
    metrics.writeTo(OutputStream.nullOutputStream());
    metrics.close();

    assertEquals(List.of("tried", "written", "written"), seen);
  }
}
