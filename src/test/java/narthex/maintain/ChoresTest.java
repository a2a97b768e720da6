package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.nix.Sha256;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChoresTest {
  private static final int PATIENCE_SECONDS = 20;

  private final ExecutorService workers = Executors.newCachedThreadPool();
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  @AfterEach
  void stop() {
    workers.shutdownNow();
  }

  private static Sha256 nar(int number) {
    byte[] bytes = new byte[Sha256.BYTES];
    bytes[31] = (byte) number;
    bytes[30] = (byte) (number >> 8);
    return Sha256.of(bytes);
  }

  /** A chore with its items in memory. Records the finished items in order. */
  private static class Waiting implements Chore<Sha256> {
    final SortedSet<String> waiting = Collections.synchronizedSortedSet(new TreeSet<>());
    final List<Sha256> did = Collections.synchronizedList(new ArrayList<>());
    volatile boolean isBroken;

    Waiting with(int... numbers) {
      for (int number : numbers) {
        waiting.add(nar(number).nix32());
      }
      return this;
    }

    @Override
    public String name() {
      return "do it";
    }

    @Override
    public String done() {
      return "done";
    }

    @Override
    public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
      if (isBroken) {
        throw new IOException("no database");
      }
      synchronized (waiting) {
        return waiting.stream()
            .filter(one -> after.isEmpty() || one.compareTo(after.get().nix32()) > 0)
            .limit(most)
            .map(Sha256::parseNix32)
            .toList();
      }
    }

    @Override
    public boolean run(Sha256 narHash) throws IOException {
      did.add(narHash);
      waiting.remove(narHash.nix32());
      return true;
    }

    List<Sha256> didSorted() {
      return did.stream().map(Sha256::nix32).sorted().map(Sha256::parseNix32).toList();
    }
  }

  /** Returns chores whose worker runs in the thread that wakes it. */
  private Chores inThisThread(Chore<?>... chores) {
    return new Chores(List.of(chores), Leases.ALONE, Runnable::run, 1, () -> now);
  }

  private static List<Sha256> nars(int... numbers) {
    return new Waiting().with(numbers).waiting.stream().map(Sha256::parseNix32).toList();
  }

  @Test
  void everyNarThatWaitsIsDoneOnceHoweverManyThereAre() {
    Waiting chore = new Waiting();
    for (int i = 0; i < 450; i++) {
      chore.with(i);
    }

    inThisThread(chore).wake();

    assertEquals(450, chore.did.size());
    assertTrue(chore.waiting.isEmpty());
  }

  @Test
  void whatAChoreHasDoneAndWhyItFailedIsTold() {
    Waiting chore =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            if (narHash.equals(nar(2))) {
              throw new IOException("disk on fire");
            }
            return super.run(narHash);
          }
        }.with(1, 2, 3);
    Chores chores = inThisThread(chore);
    assertEquals(List.of(new ChoreState(chore.name(), 0, 0, null, 0, null)), chores.states());

    chores.wake();

    ChoreState state = chores.states().get(0);
    assertEquals(2, state.finished());
    assertEquals(now, state.finishedAt());
    assertEquals(1, state.failed());
    assertTrue(String.valueOf(state.lastFailure()).contains("disk on fire"), state.toString());
  }

  @Test
  void aChoreWithAPauseIsLookedForAgainAfterIt() {
    Waiting chore =
        new Waiting() {
          @Override
          public Duration pause() {
            return Duration.ofHours(1);
          }
        }.with(1);
    Chores chores = inThisThread(chore);
    chores.wake();
    chore.with(2);
    now = now.plus(Duration.ofHours(1)).minusMillis(1);
    chores.wake();
    assertEquals(List.of(nar(1)), chore.did);

    now = now.plusMillis(1);
    chores.wake();

    assertEquals(List.of(nar(1), nar(2)), chore.did);
  }

  @Test
  void whoIsWokenWhileAnotherIsBusyLooksForWhatThisRoundHasPassed() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Waiting chore =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            if (narHash.equals(nar(2))) {
              busy.countDown();
              await(end);
            }
            return super.run(narHash);
          }
        }.with(2);
    AtomicInteger started = new AtomicInteger();
    Executor firstElsewhere =
        task -> {
          if (started.getAndIncrement() == 0) {
            workers.execute(task);
          } else {
            task.run();
          }
        };
    Chores chores = new Chores(List.of(chore), Leases.ALONE, firstElsewhere, 2, () -> now);
    chores.wake();
    await(busy);
    chore.with(1);

    chores.wake();

    assertEquals(List.of(nar(1)), chore.did);
    end.countDown();
  }

  @Test
  void choresTakeTurns() {
    Waiting one = new Waiting().with(1, 2, 3);
    List<String> order = new ArrayList<>();
    Waiting other =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            order.add("other after " + one.did.size());
            return super.run(narHash);
          }
        }.with(1, 2);

    inThisThread(one, other).wake();

    assertEquals(List.of("other after 1", "other after 2"), order);
  }

  @Test
  void oneThatFailsHoldsUpNoOtherAndIsTriedAgainLater() {
    Waiting chore =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            if (narHash.equals(nar(2))) {
              did.add(narHash);
              throw new IOException("not just now");
            }
            return super.run(narHash);
          }
        }.with(1, 2, 3);
    Chores chores = inThisThread(chore);

    chores.wake();
    assertEquals(nars(1, 2, 3), chore.didSorted());

    chores.wake();
    assertEquals(3, chore.did.size());

    now = now.plus(Duration.ofMinutes(1));
    chores.wake();
    assertEquals(4, chore.did.size());

    now = now.plus(Duration.ofMinutes(1));
    chores.wake();
    assertEquals(4, chore.did.size(), "the second time it is put off for longer");

    now = now.plus(Duration.ofMinutes(1));
    chores.wake();
    assertEquals(5, chore.did.size());
  }

  @Test
  void aBugInOneNarHoldsUpNoOther() {
    Waiting chore =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            if (narHash.equals(nar(1))) {
              throw new IllegalStateException("a bug");
            }
            return super.run(narHash);
          }
        }.with(1, 2);

    inThisThread(chore).wake();

    assertEquals(List.of(nar(2)), chore.did);
  }

  @Test
  void aQueueThatCannotBeReadHoldsUpNoOther() {
    Waiting broken = new Waiting().with(1);
    Waiting other = new Waiting().with(2);
    broken.isBroken = true;
    Chores chores = inThisThread(broken, other);

    chores.wake();
    assertEquals(List.of(nar(2)), other.did);

    broken.isBroken = false;
    chores.wake();
    assertEquals(List.of(nar(1)), broken.did);
  }

  @Test
  void whatComesWhileAllWorkersAreBusyIsDone() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(2);
    Waiting chore =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            busy.countDown();
            await(goOn);
            all.countDown();
            return super.run(narHash);
          }
        }.with(2);
    Chores chores = new Chores(List.of(chore), Leases.ALONE, workers, 1, () -> now);

    chores.wake();
    await(busy);
    chore.with(1); // sorted before the running item, so this round has passed it
    chores.wake();
    goOn.countDown();

    await(all);
  }

  @Test
  void noMoreWorkersRunThanThereAre() throws Exception {
    CountDownLatch two = new CountDownLatch(2);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(4);
    Waiting chore =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            super.run(narHash);
            two.countDown();
            await(goOn);
            all.countDown();
            return true;
          }
        }.with(1, 2, 3, 4);
    Chores chores = new Chores(List.of(chore), Leases.ALONE, workers, 2, () -> now);
    for (int i = 0; i < 10; i++) {
      chores.wake();
    }

    await(two);
    assertEquals(2, chore.did.size());
    goOn.countDown();
    await(all);
    assertEquals(nars(1, 2, 3, 4), chore.didSorted());
  }

  @Test
  void nothingIsBegunAfterTheEnd() {
    Waiting chore = new Waiting().with(1, 2, 3);
    Chores[] chores = new Chores[1];
    Waiting closing =
        new Waiting() {
          @Override
          public boolean run(Sha256 narHash) throws IOException {
            chores[0].close();
            return super.run(narHash);
          }
        }.with(1, 2, 3);
    chores[0] = inThisThread(closing, chore);

    chores[0].wake();
    chores[0].wake();

    assertEquals(1, closing.did.size());
    assertEquals(List.of(), chore.did);
  }

  @Test
  void whoStoresANarDoesNotFailWhenTheWorkersHaveStopped() {
    Chores chores =
        new Chores(
            List.of(new Waiting().with(1)),
            Leases.ALONE,
            task -> {
              throw new RejectedExecutionException("stopped");
            },
            1,
            () -> now);

    chores.narChanged(nar(1));
    chores.narChanged(nar(1));
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertTrue(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }
}
