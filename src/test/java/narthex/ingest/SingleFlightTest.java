package narthex.ingest;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SingleFlightTest {
  private static final int ASKERS = 8;

  private final SingleFlight<String, Integer> questions = new SingleFlight<>(Duration.ofMinutes(1));
  private final AtomicInteger answered = new AtomicInteger();
  private final CountDownLatch mayAnswer = new CountDownLatch(1);
  private final ExecutorService askers = Executors.newFixedThreadPool(ASKERS);

  @AfterEach
  void stop() {
    askers.shutdownNow();
  }

  @Test
  void whoAsksWhileTheSameIsBeingAnsweredGetsThatAnswer() throws Exception {
    List<Future<Integer>> answers = askAtOnce(answered::incrementAndGet);

    for (Future<Integer> answer : answers) {
      assertEquals(1, answer.get());
    }
    assertEquals(2, questions.ask("q", answered::incrementAndGet));
  }

  @Test
  void howTheAnswererFailsIsWhatEverybodyIsTold() throws Exception {
    List<Future<Integer>> answers =
        askAtOnce(
            () -> {
              throw new IOException("no answer to " + answered.incrementAndGet());
            });

    for (Future<Integer> answer : answers) {
      Exception failure = assertThrows(ExecutionException.class, answer::get);
      assertEquals("no answer to 1", requireNonNull(failure.getCause()).getMessage());
    }
    assertEquals(7, questions.ask("q", () -> 7));
  }

  /** Asks so that all other threads wait for the first one. */
  private List<Future<Integer>> askAtOnce(SingleFlight.Answerer<Integer> answerer)
      throws Exception {
    CountDownLatch answering = new CountDownLatch(1);
    List<Future<Integer>> answers = new ArrayList<>();
    answers.add(
        askers.submit(
            () ->
                questions.ask(
                    "q",
                    () -> {
                      answering.countDown();
                      awaitLeave();
                      return answerer.answer();
                    })));
    answering.await();
    List<Thread> waiting = new ArrayList<>();
    CountDownLatch asking = new CountDownLatch(ASKERS - 1);
    for (int i = 1; i < ASKERS; i++) {
      answers.add(
          askers.submit(
              () -> {
                synchronized (waiting) {
                  waiting.add(Thread.currentThread());
                }
                asking.countDown();
                return questions.ask("q", answered::decrementAndGet);
              }));
    }
    asking.await();
    Soon.await("waiting askers")
        .until(() -> waiting.stream().allMatch(it -> it.getState() == Thread.State.TIMED_WAITING));
    mayAnswer.countDown();
    return answers;
  }

  private void awaitLeave() throws IOException {
    try {
      mayAnswer.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
