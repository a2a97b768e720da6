package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import narthex.testing.LogRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the log says of the members of a cluster. */
class ClusterWatchTest {
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  @Test
  void eachChangeOfTheMembersIsLoggedOnce() {
    try (LogRecords log = LogRecords.listen();
        InFlightRegistry here = new LocalRegistry(board, "a");
        ClusterWatch watch = new ClusterWatch(here, 2, timer)) {
      InFlightRegistry there = new LocalRegistry(board, "b");
      there.close();
      here.claim("flight");

      assertEquals(
          List.of(
              "cluster changed members=1 expected=2 self=a names=a",
              "cluster changed members=2 expected=2 self=a names=a,b",
              "cluster changed members=1 expected=2 self=a names=a"),
          log.ours());
      assertEquals("members=1 expected=2 self=a names=a", watch.line());
    }
  }

  @Test
  void aWarningRepeatsWhileTheMembersAreNotThoseExpected() {
    try (InFlightRegistry here = new LocalRegistry(board, "a");
        ClusterWatch watch = new ClusterWatch(here, 2, timer);
        LogRecords log = LogRecords.listen()) {
      watch.warn();
      watch.warn();
      assertEquals(
          List.of(
              "cluster incomplete members=1 expected=2 self=a names=a",
              "cluster incomplete members=1 expected=2 self=a names=a"),
          log.ours());
    }
  }

  @Test
  void thereIsNoWarningIfAnyNumberIsRight() {
    try (InFlightRegistry here = new LocalRegistry(board, "a");
        ClusterWatch watch = new ClusterWatch(here, 0, timer);
        LogRecords log = LogRecords.listen()) {
      watch.warn();
      assertEquals(List.of(), log.ours());
      assertEquals("members=1 self=a names=a", watch.line());
    }
  }
}
