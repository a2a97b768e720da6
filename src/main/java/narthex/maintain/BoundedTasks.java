package narthex.maintain;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import narthex.nix.OneLine;

/** Runs tasks in other threads, a limited number at once. For one use at a time. */
final class BoundedTasks {
  /** How often to look whether to stop. */
  private static final long LOOK_EVERY_MILLIS = 200;

  private final ExecutorService threads;
  private final int atOnce;

  /**
   * @param threads runs each task at once; the caller closes it
   */
  BoundedTasks(ExecutorService threads, int atOnce) {
    this.threads = threads;
    this.atOnce = atOnce;
  }

  /** A task for one item. */
  @FunctionalInterface
  interface Task<T, R> {
    R run(T item) throws IOException;
  }

  /**
   * Runs a task for each item, until all have ended or the work is stopped. Then it interrupts the
   * running ones.
   *
   * @param ended gets each result, in the caller's thread
   * @throws IOException if a task throws, or the server stops
   */
  <T, R> void run(
      List<T> items, Task<T, R> task, Consumer<? super R> ended, BooleanSupplier isStopped)
      throws IOException {
    CompletionService<R> service = new ExecutorCompletionService<>(threads);
    Set<Future<R>> running = new HashSet<>();
    Iterator<T> rest = items.iterator();
    try {
      while ((rest.hasNext() || !running.isEmpty()) && !isStopped.getAsBoolean()) {
        while (rest.hasNext() && running.size() < atOnce) {
          T item = rest.next();
          running.add(service.submit(() -> task.run(item)));
        }
        Future<R> done = service.poll(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
        if (done != null) {
          running.remove(done);
          ended.accept(done.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for tasks");
    } catch (RejectedExecutionException e) {
      throw new IOException("the server stops", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(OneLine.reason(cause), cause);
    } finally {
      running.forEach(future -> future.cancel(true));
    }
  }
}
