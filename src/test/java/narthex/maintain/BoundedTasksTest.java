package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BoundedTasksTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final BoundedTasks tasks = new BoundedTasks(threads, 4);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void asManyRunAtOnceAsAreAllowedAndNoMore() throws Exception {
    CyclicBarrier four = new CyclicBarrier(4);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> ended = new ArrayList<>();
    List<Integer> items = IntStream.range(0, 40).boxed().toList();

    tasks.run(
        items,
        item -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          await(four);
          running.decrementAndGet();
          return item;
        },
        ended::add,
        () -> false);

    assertEquals(4, most.get());
    assertEquals(Set.copyOf(items), Set.copyOf(ended));
    assertEquals(40, ended.size());
  }

  private static void await(CyclicBarrier barrier) throws IOException {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  @Test
  void stoppedWorkInterruptsItsTasks() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);

    tasks.run(
        List.of(1, 2, 3),
        item -> {
          started.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          return item;
        },
        item -> {},
        () -> started.getCount() == 0);

    assertTrue(interrupted.await(20, TimeUnit.SECONDS));
  }

  @Test
  void aFailureEndsTheWork() {
    IOException failure =
        assertThrows(
            IOException.class,
            () ->
                tasks.run(
                    List.of(1, 2),
                    item -> {
                      throw new IOException("away");
                    },
                    item -> {},
                    () -> false));

    assertEquals("away", failure.getMessage());
  }
}
