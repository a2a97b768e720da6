package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
  private long nanos;
  private boolean stopped;

  private Pace pace(long bytesPerSecond) {
    Progress progress =
        new Progress() {
          @Override
          public void at(String step, long done, long total) {}

          @Override
          public void tell(String line) {}

          @Override
          public boolean isStopped() {
            return stopped;
          }
        };
    return new Pace(bytesPerSecond, progress, () -> nanos, time -> nanos += time.toNanos());
  }

  private Duration taken() {
    return Duration.ofNanos(nanos);
  }

  @Test
  void bytesTakeTheTimeOfTheirRate() throws Exception {
    Pace pace = pace(1_000);
    for (int i = 0; i < 100; i++) {
      pace.pass(100);
    }

    assertEquals(Duration.ofSeconds(10), taken());
    assertEquals(10_000, pace.bytes());
  }

  @Test
  void idleTimeCountsForOneSecondAtMost() throws Exception {
    Pace pace = pace(1_000);
    nanos = Duration.ofHours(1).toNanos();
    pace.pass(3_000);

    assertEquals(Duration.ofHours(1).plusSeconds(2), taken());
  }

  @Test
  void withoutARateNothingWaits() throws Exception {
    pace(0).pass(Integer.MAX_VALUE);

    assertEquals(Duration.ZERO, taken());
  }

  @Test
  void aStoppedReaderEnds() {
    stopped = true;

    assertThrows(Pace.StoppedException.class, () -> pace(0).pass(1));
  }
}
