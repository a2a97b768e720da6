package narthex.ingest;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Lets concurrent callers with the same question share one answer: the first caller computes it,
 * and the others wait. Answers aren't cached. Thread-safe.
 *
 * @param <K> the question; compared by equals
 * @param <A> the answer
 */
public final class SingleFlight<K, A> {
  private final ConcurrentMap<K, CompletableFuture<A>> open = new ConcurrentHashMap<>();
  private final Duration silence;

  /** Answers one question. */
  @FunctionalInterface
  public interface Answerer<A> {
    /** Computes the answer. If it fails, all waiting callers fail, too. */
    A answer() throws IOException;
  }

  /**
   * @param silence longest wait for another caller's answer; that caller always reports its result,
   *     so the limit only matters if its thread died
   */
  public SingleFlight(Duration silence) {
    this.silence = silence;
  }

  /**
   * Computes the answer in the caller's thread, or waits if another caller is computing it.
   *
   * @throws IOException if computing the answer failed, or the wait was too long or interrupted
   */
  public A ask(K question, Answerer<A> answerer) throws IOException {
    CompletableFuture<A> mine = new CompletableFuture<>();
    CompletableFuture<A> other = open.putIfAbsent(question, mine);
    if (other != null) {
      return await(other, silence);
    }
    try {
      A answer = answerer.answer();
      mine.complete(answer);
      return answer;
    } catch (IOException | RuntimeException | Error e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      open.remove(question, mine);
    }
  }

  /**
   * Waits for an answer.
   *
   * @throws IOException if computing the answer failed, or the wait was too long or interrupted
   */
  public static <A> A await(CompletableFuture<A> answer, Duration silence) throws IOException {
    try {
      return answer.get(silence.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw new IOException(failure.getMessage(), failure);
      }
      throw new IllegalStateException("the shared lookup failed", e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer for " + silence, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for an answer", e);
    }
  }
}
