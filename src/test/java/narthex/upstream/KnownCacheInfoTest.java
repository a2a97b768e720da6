package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KnownCacheInfoTest {
  private static final String HTML = "<html><title>Sign in: please</title></html>";

  private final AtomicLong now = new AtomicLong();
  private final KnownCacheInfo known = new KnownCacheInfo(now::get);

  @Test
  void aPageOfHtmlCountsForAMinuteOnly() {
    known.learn(Optional.of(HTML));
    assertEquals(Optional.of(new CacheInfo(null, 0)), known.last());
    assertFalse(known.isDue());
    pass(Duration.ofMinutes(1));
    assertTrue(known.isDue());

    known.learn(Optional.of("StoreDir: /nix/store\nPriority: 40\n"));
    assertEquals(Optional.of(new CacheInfo("/nix/store", 40)), known.last());
    assertFalse(known.isDue());
  }

  @Test
  void aPageOfHtmlDoesNotReplaceWhatIsKnown() {
    known.learn(Optional.of("StoreDir: /nix/store\nPriority: 40\n"));
    pass(Duration.ofHours(1));
    assertTrue(known.isDue());

    known.learn(Optional.of(HTML));

    assertEquals(Optional.of(new CacheInfo("/nix/store", 40)), known.last());
  }

  @Test
  void anAbsentFileIsAskedForAgainSoon() {
    known.learn(Optional.empty());
    assertFalse(known.isDue());
    pass(Duration.ofMinutes(1));
    assertTrue(known.isDue());
  }

  @Test
  void whatIsKnownStaysWhileItCannotBeLearntAnew() {
    known.learn(Optional.of("Priority: 7\n"));
    pass(Duration.ofHours(1));
    known.keep();

    assertFalse(known.isDue());
    assertEquals(Optional.of(new CacheInfo(null, 7)), known.last());
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
