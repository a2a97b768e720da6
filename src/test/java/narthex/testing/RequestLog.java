package narthex.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** Records the requests that an upstream got and the ends of its responses. Thread-safe. */
public final class RequestLog {
  /**
   * A response that has ended, well or not.
   *
   * @param status the status; 0 if no status line was sent
   * @param bodyBytes body bytes written to the connection, before transfer coding
   */
  public record Answered(UpstreamRequest request, int status, long bodyBytes) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<UpstreamRequest> requests = new ArrayList<>(); // guarded by lock
  private final List<Answered> answers = new ArrayList<>(); // guarded by lock

  /** All requests in the order of arrival. */
  public List<UpstreamRequest> all() {
    return matching(request -> true);
  }

  /** The matching requests in the order of arrival. */
  public List<UpstreamRequest> matching(Predicate<UpstreamRequest> predicate) {
    lock.lock();
    try {
      return requests.stream().filter(predicate).toList();
    } finally {
      lock.unlock();
    }
  }

  /** The ended responses in the order of their ends. */
  public List<Answered> answers() {
    lock.lock();
    try {
      return List.copyOf(answers);
    } finally {
      lock.unlock();
    }
  }

  /** Number of requests for this target, with any method. */
  public int count(String target) {
    return matching(request -> request.target().equals(target)).size();
  }

  /** Number of requests for this target with this method. */
  public int count(String method, String target) {
    return matching(only(method, target)).size();
  }

  /** Number of GET requests for targets with this prefix. */
  public int countGetsBelow(String prefix) {
    return matching(r -> r.method().equals("GET") && r.target().startsWith(prefix)).size();
  }

  /**
   * Waits for so many GET requests for this target.
   *
   * @throws AssertionError if they don't arrive in time
   */
  public void awaitGets(String target, int wanted, Duration within) {
    await(() -> count("GET", target), wanted, within, "GET " + target);
  }

  /**
   * Waits until so many responses to GET requests for this target have ended.
   *
   * @throws AssertionError if they don't end in time
   */
  public void awaitAnswered(String target, int wanted, Duration within) {
    Predicate<UpstreamRequest> ours = only("GET", target);
    await(
        () -> (int) answers().stream().filter(answer -> ours.test(answer.request())).count(),
        wanted,
        within,
        "answered GET " + target);
  }

  /** Clears the log. */
  public void clear() {
    lock.lock();
    try {
      requests.clear();
      answers.clear();
    } finally {
      lock.unlock();
    }
  }

  void add(UpstreamRequest request) {
    lock.lock();
    try {
      requests.add(request);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void add(Answered answer) {
    lock.lock();
    try {
      answers.add(answer);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static Predicate<UpstreamRequest> only(String method, String target) {
    return request -> request.method().equals(method) && request.target().equals(target);
  }

  private void await(
      java.util.function.IntSupplier count, int wanted, Duration within, String what) {
    lock.lock();
    try {
      long nanos = within.toNanos();
      while (count.getAsInt() < wanted) {
        if (nanos <= 0) {
          throw new AssertionError(
              what + ": expected " + wanted + ", there were " + count.getAsInt());
        }
        nanos = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + what, e);
    } finally {
      lock.unlock();
    }
  }
}
