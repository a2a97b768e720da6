package narthex.staging;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import narthex.nix.OneLine;

/**
 * Calls into the cluster that don't wait longer than a registry may. Thread-safe.
 *
 * <p>A call runs in a thread of its own, as even the start of an asynchronous operation may block,
 * if another replica doesn't take what it is sent. One late answer, as on a busy machine, concerns
 * only its own flight. After {@value #LATE_IN_A_ROW} late answers in a row, calls don't wait for
 * some seconds. What a call began goes on in the background.
 */
final class ClusterCalls {
  private static final System.Logger LOG = System.getLogger(ClusterCalls.class.getName());
  private static final Duration ALONE = Duration.ofSeconds(3);
  private static final Duration WARN_EVERY = Duration.ofMinutes(1);

  /** So many late answers without one in time between them mean that the cluster is in trouble. */
  static final int LATE_IN_A_ROW = 3;

  private final ExecutorService threads;
  private final Duration patience;
  private final AtomicLong waitFrom = new AtomicLong(System.nanoTime());
  private final AtomicInteger late = new AtomicInteger();
  private final AtomicLong warnFrom = new AtomicLong(System.nanoTime());

  /**
   * Calls in these threads.
   *
   * @param threads bounded, and with a bounded queue; their owner stops them
   * @param patience longest wait
   */
  ClusterCalls(ExecutorService threads, Duration patience) {
    this.threads = threads;
    this.patience = patience;
  }

  /**
   * Returns the answer of the cluster, or the other one if there is none in time.
   *
   * @param alone the answer of a replica that is alone
   */
  <T> T ask(String what, T alone, Supplier<? extends CompletableFuture<T>> call) {
    if (isAlone()) {
      return alone;
    }
    try {
      T answer = start(call).get(patience.toMillis(), TimeUnit.MILLISECONDS);
      late.set(0);
      return answer;
    } catch (TimeoutException e) {
      if (late.incrementAndGet() >= LATE_IN_A_ROW) {
        late.set(0);
        waitFrom.set(System.nanoTime() + ALONE.toNanos());
      }
      warn(what, "no answer within " + patience.toMillis() + " ms");
    } catch (ExecutionException e) {
      warn(what, OneLine.reason(Objects.requireNonNullElse(e.getCause(), e)));
    } catch (RejectedExecutionException e) {
      warn(what, "too many calls wait");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return alone;
  }

  /** Makes a call, also if the replica works alone, and waits for its end as {@link #ask}. */
  void tell(String what, Supplier<? extends CompletableFuture<?>> call) {
    if (isAlone()) {
      begin(call);
    } else {
      ask(what, true, () -> call.get().thenApply(ignored -> true));
    }
  }

  /** Makes a call and doesn't wait. */
  void begin(Supplier<? extends CompletableFuture<?>> call) {
    begin(call, () -> {});
  }

  /**
   * Makes a call and doesn't wait.
   *
   * @param ended runs when the call has ended, has failed, or couldn't be made
   */
  void begin(Supplier<? extends CompletableFuture<?>> call, Runnable ended) {
    var unused = begun(call).whenComplete((done, failure) -> ended.run());
  }

  private CompletableFuture<Boolean> begun(Supplier<? extends CompletableFuture<?>> call) {
    try {
      return start(() -> call.get().thenApply(ignored -> true));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "call into the cluster dropped", e);
      return CompletableFuture.failedFuture(e);
    }
  }

  private <T> CompletableFuture<T> start(Supplier<? extends CompletableFuture<T>> call) {
    return CompletableFuture.supplyAsync(call, threads).thenCompose(future -> future);
  }

  private boolean isAlone() {
    return System.nanoTime() - waitFrom.get() < 0;
  }

  private void warn(String what, String reason) {
    long now = System.nanoTime();
    long from = warnFrom.get();
    if (now - from >= 0 && warnFrom.compareAndSet(from, now + WARN_EVERY.toNanos())) {
      LOG.log(
          Level.WARNING, "cluster call failed, working alone call={0} reason={1}", what, reason);
    }
  }
}
