package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The durable extents of a representation in flight. */
class GrowingExtentsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Extent FIRST = new Extent("pack/a", 0, 5, 9);
  private static final Extent SECOND = new Extent("pack/b", 0, 6, 8);

  private final GrowingManifest manifest =
      new GrowingManifest(from -> InputStream.nullInputStream(), OptionalLong.empty());
  private final GrowingExtents extents = manifest.extents();

  @Test
  void whoWaitsGetsTheExtentsThatItDoesNotKnow() throws Exception {
    extents.add(FIRST);
    assertEquals(List.of(FIRST), extents.awaitMore(0, PATIENCE));
    CompletableFuture<List<Extent>> next =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return extents.awaitMore(1, PATIENCE);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    extents.add(SECOND);
    assertEquals(List.of(SECOND), next.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    assertEquals(List.of(FIRST, SECOND), extents.list());
  }

  @Test
  void aWaitEndsWithTheManifest() throws IOException {
    assertFalse(extents.isEnded());
    manifest.fail(new IOException("upstream broke"));
    assertTrue(extents.isEnded());
    assertEquals(List.of(), extents.awaitMore(0, PATIENCE));
  }

  @Test
  void aWaitEndsInTime() throws IOException {
    assertEquals(List.of(), extents.awaitMore(0, Duration.ofMillis(1)));
  }

  @Test
  void theWriterLearnsOnceThatAReplicaFollows() {
    AtomicInteger told = new AtomicInteger();
    extents.whenFollowed(told::incrementAndGet);
    extents.followed();
    extents.followed();
    assertEquals(1, told.get());
    extents.whenFollowed(told::incrementAndGet);
    assertEquals(2, told.get());
  }

  @Test
  void aPartIsDueAtOnceIfItBeganBeforeAReplicaFollowedElseAfterASecond() {
    long before = System.nanoTime();
    assertEquals(Long.MAX_VALUE, manifest.nanosUntilPartDue(before));

    extents.followed();

    assertEquals(0, manifest.nanosUntilPartDue(before - 1));
    long left = manifest.nanosUntilPartDue(System.nanoTime());
    assertTrue(left <= Duration.ofSeconds(1).toNanos(), "left: " + left);
  }
}
