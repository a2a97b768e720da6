package narthex.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** What an upstream was asked and how far it answered. Thread-safe. */
public final class RequestLog {
  /**
   * An answer that has ended, well or badly.
   *
   * @param status 0 if no status line was sent
   * @param bodyBytes bytes of the body written to the connection, before any transfer coding
   */
  public record Answered(UpstreamRequest request, int status, long bodyBytes) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<UpstreamRequest> requests = new ArrayList<>(); // guarded by lock
  private final List<Answered> answers = new ArrayList<>(); // guarded by lock

  /** All requests in the order of their arrival. */
  public List<UpstreamRequest> all() {
    return matching(request -> true);
  }

  /** The requests that match, in the order of their arrival. */
  public List<UpstreamRequest> matching(Predicate<UpstreamRequest> predicate) {
    lock.lock();
    try {
      return requests.stream().filter(predicate).toList();
    } finally {
      lock.unlock();
    }
  }

  /** The answers that have ended, in the order in which they ended. */
  public List<Answered> answers() {
    lock.lock();
    try {
      return List.copyOf(answers);
    } finally {
      lock.unlock();
    }
  }

  /** How many requests of any method came for this target. */
  public int count(String target) {
    return matching(request -> request.target().equals(target)).size();
  }

  /** How many requests of this method came for this target. */
  public int count(String method, String target) {
    return matching(only(method, target)).size();
  }

  /** How many GET requests came for targets that start with this. */
  public int countGetsBelow(String prefix) {
    return matching(r -> r.method().equals("GET") && r.target().startsWith(prefix)).size();
  }

  /**
   * Waits until so many GET requests have come for this target.
   *
   * @throws AssertionError if that has not happened within the time
   */
  public void awaitGets(String target, int wanted, Duration within) {
    await(() -> count("GET", target), wanted, within, "GET " + target);
  }

  /**
   * Waits until so many answers to GET requests for this target have ended.
   *
   * @throws AssertionError if that has not happened within the time
   */
  public void awaitAnswered(String target, int wanted, Duration within) {
    Predicate<UpstreamRequest> ours = only("GET", target);
    await(
        () -> (int) answers().stream().filter(answer -> ours.test(answer.request())).count(),
        wanted,
        within,
        "answered GET " + target);
  }

  /** Forgets everything so far. */
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
