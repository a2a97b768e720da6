package narthex.maintain;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import narthex.nix.OneLine;
import narthex.nix.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * A running {@link Job}, which one thread {@linkplain #follow follows} as lines of JSON:
 *
 * <ul>
 *   <li>{@code {"step":"packs","done":12,"total":40}}: how far it is, at most four per second; the
 *       last one again as a sign of life
 *   <li>{@code {"tell":"…"}}: something to see
 *   <li>the last line: {@code {"verdict":"done","result":{…}}} or {@code {"error":"…"}}
 * </ul>
 *
 * Thread-safe.
 */
public final class JobRun implements Progress {
  private static final Duration PAUSE = Duration.ofMillis(250);

  /** Lines in memory. More make the job wait for a slow reader. */
  private static final int MOST_TOLD = 1_000;

  private final long heartbeatNanos;
  private final BooleanSupplier stopping;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<String> told = new ArrayDeque<>(); // guarded by lock
  private Step step = new Step("start", 0, 0); // guarded by lock
  private boolean isStepNew; // guarded by lock
  private long steppedAt = System.nanoTime() - PAUSE.toNanos(); // guarded by lock
  private @Nullable String last; // guarded by lock
  private volatile boolean stopped;

  private record Step(String name, long done, long total) {
    String json() {
      return StrictJson.print(members());
    }

    Map<String, Object> members() {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("step", name);
      line.put("done", done);
      line.put("total", total);
      return line;
    }
  }

  /** Gets the lines. */
  public interface Reader {
    /**
     * Gets some lines without line breaks, at least one.
     *
     * @throws IOException if nobody wants more lines
     */
    void read(List<String> lines) throws IOException;

    /**
     * Called a few times per second.
     *
     * @throws IOException if nobody wants more lines
     */
    void look() throws IOException;
  }

  JobRun(Duration heartbeat, BooleanSupplier stopping) {
    this.heartbeatNanos = heartbeat.toNanos();
    this.stopping = stopping;
  }

  /**
   * Passes all lines to a reader, until the job ends. If the reader fails, the job is stopped.
   *
   * @throws IOException if the reader fails or the thread is interrupted
   */
  public void follow(Reader reader) throws IOException {
    long lineAt = System.nanoTime();
    boolean isEnded = false;
    try {
      while (!isEnded) {
        reader.look();
        boolean isSilent = System.nanoTime() - lineAt >= heartbeatNanos;
        List<String> lines = new ArrayList<>();
        isEnded = take(lines, isSilent);
        if (!lines.isEmpty()) {
          reader.read(lines);
          lineAt = System.nanoTime();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a job was running");
    } finally {
      stop();
    }
  }

  /** Returns how far it is: {@code step}, {@code done} and {@code total}. */
  Map<String, Object> step() {
    lock.lock();
    try {
      return step.members();
    } finally {
      lock.unlock();
    }
  }

  /** Waits a moment for lines; returns whether the last one is among them. */
  private boolean take(List<String> lines, boolean isSilent) throws InterruptedException {
    lock.lock();
    try {
      long left = Math.min(PAUSE.toNanos(), heartbeatNanos);
      while (left > 0 && told.isEmpty() && last == null) {
        left = changed.awaitNanos(left);
      }
      lines.addAll(told);
      told.clear();
      changed.signalAll();
      long now = System.nanoTime();
      boolean isStepDue = now - steppedAt >= PAUSE.toNanos() || last != null;
      if (isStepNew && isStepDue || isSilent && lines.isEmpty()) {
        lines.add(step.json());
        isStepNew = false;
        steppedAt = now;
      }
      if (last != null) {
        lines.add(last);
        return true;
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Stops the job as soon as it can; its lines are no longer kept. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isStopped() {
    return stopped || stopping.getAsBoolean();
  }

  @Override
  public void at(String name, long done, long total) {
    lock.lock();
    try {
      step = new Step(name, done, total);
      isStepNew = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void tell(String line) {
    lock.lock();
    try {
      while (told.size() >= MOST_TOLD && !stopped) {
        changed.await();
      }
      if (!stopped) {
        told.add(StrictJson.print(Map.of("tell", OneLine.of(line))));
        changed.signalAll();
      }
    } catch (InterruptedException e) {
      stopped = true;
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  void ended(JobResult result) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("verdict", result.verdict().name().toLowerCase(Locale.ROOT));
    line.put("result", result.figures());
    end(StrictJson.print(line));
  }

  /** Returns the line for a failure. */
  public static String error(String reason) {
    return StrictJson.print(Map.of("error", reason));
  }

  void failed(String reason) {
    end(error(reason));
  }

  private void end(String line) {
    lock.lock();
    try {
      last = line;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
