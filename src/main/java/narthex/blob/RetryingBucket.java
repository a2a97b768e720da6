package narthex.blob;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import dev.failsafe.function.CheckedSupplier;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A bucket that sends each request again, with back-off, while that is worthwhile. */
final class RetryingBucket implements Bucket {
  private static final Duration FIRST_DELAY = Duration.ofMillis(50);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(3);
  private static final double JITTER = 0.3;

  private final Bucket bucket;
  private final FailsafeExecutor<Object> tries;

  /**
   * @param bucket closed with this one
   * @param within how long to try again after the first failure
   */
  RetryingBucket(Bucket bucket, Duration within) {
    this.bucket = bucket;
    this.tries = Failsafe.with(retry(within));
  }

  private static RetryPolicy<Object> retry(Duration within) {
    RetryPolicyBuilder<Object> retry = RetryPolicy.builder().handleIf(RetryingBucket::mayPass);
    if (within.compareTo(FIRST_DELAY) <= 0) {
      return retry.withMaxRetries(0).build(); // no time for a retry
    }
    return retry
        .withMaxRetries(-1)
        .withMaxDuration(within)
        .withBackoff(FIRST_DELAY, LONGEST_DELAY)
        .withJitter(JITTER)
        .build();
  }

  private static boolean mayPass(Throwable failure) {
    return failure instanceof BucketException refused
        && refused.retry() == BucketException.Retry.WORTHWHILE;
  }

  @Override
  public Optional<Head> head(String name) throws IOException {
    return keepTrying(() -> bucket.head(name));
  }

  @Override
  public OpenRange get(String name, long from, long most) throws IOException {
    return keepTrying(() -> bucket.get(name, from, most));
  }

  @Override
  public void put(String name, String writeId, FileRange bytes, Existing existing)
      throws IOException {
    keepTrying(
        () -> {
          bucket.put(name, writeId, bytes, existing);
          return name;
        });
  }

  @Override
  public String beginParts(String name, String writeId) throws IOException {
    return keepTrying(() -> bucket.beginParts(name, writeId));
  }

  @Override
  public String putPart(String name, String uploadId, int number, FileRange bytes)
      throws IOException {
    return keepTrying(() -> bucket.putPart(name, uploadId, number, bytes));
  }

  @Override
  public void completeParts(String name, String uploadId, List<String> tags) throws IOException {
    keepTrying(
        () -> {
          bucket.completeParts(name, uploadId, tags);
          return name;
        });
  }

  @Override
  public void abortParts(String name, String uploadId) throws IOException {
    keepTrying(
        () -> {
          bucket.abortParts(name, uploadId);
          return name;
        });
  }

  @Override
  public void delete(String name) throws IOException {
    keepTrying(
        () -> {
          bucket.delete(name);
          return name;
        });
  }

  @Override
  public Page list(String prefix, String after, int most) throws IOException {
    return keepTrying(() -> bucket.list(prefix, after, most));
  }

  @Override
  public void close() throws IOException {
    bucket.close();
  }

  private <T> T keepTrying(CheckedSupplier<T> request) throws IOException {
    try {
      return tries.get(request);
    } catch (FailsafeException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }
}
