package narthex.ingest;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.staging.Flight;
import narthex.staging.StagedFlight;
import org.jspecify.annotations.Nullable;

/** Follows one attempt of another replica. For one thread. */
final class Follower {
  /** How long a holder may be silent; then this replica works alone. */
  private static final Duration SILENCE = Holding.SIGN.multipliedBy(3);

  /** How often to look although no change was reported, as a report may be lost. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** How it ended. */
  enum End {
    /** The holder stored the NAR, and readers have all of it. */
    STORED,
    /** The attempt no longer counts: its holder was lost, or ended it before it staged a byte. */
    GONE,
    /** The holder gives no sign, or what it says can't be true. */
    SILENT,
    /** What the holder stages can't serve the request. */
    UNFIT
  }

  /** Is told of the staged NAR once, before it has any bytes. */
  interface Opening {
    /** Lets readers read it. */
    void opened(StagedNar staged);
  }

  private final Replicas replicas;
  private final Flight flight;
  private final StagedFlight attempt;
  private final Opening opening;
  private final Semaphore changes = new Semaphore(0);
  private @Nullable StagedNar staged;
  private int batches;

  /**
   * @param flight the flight of this replica, whose readers want the NAR
   * @param attempt the other replica's
   */
  Follower(Replicas replicas, Flight flight, StagedFlight attempt, Opening opening) {
    this.replicas = replicas;
    this.flight = flight;
    this.attempt = attempt;
    this.opening = opening;
  }

  /**
   * Follows until the end.
   *
   * @throws IOException if the holder failed after it staged bytes, the storage failed, or the
   *     server is stopping; the staged NAR has failed then
   */
  End follow() throws IOException {
    try (var watch = replicas.registry().watch(attempt.flight(), changes::release)) {
      replicas.registry().follow(attempt);
      return followWatched();
    } catch (IOException e) {
      StagedNar failed = staged;
      if (failed != null) {
        failed.fail(e);
      }
      throw e;
    }
  }

  private End followWatched() throws IOException {
    long lastSign = System.nanoTime();
    while (System.nanoTime() - lastSign < SILENCE.toNanos()) {
      changes.drainPermits();
      Optional<StagedFlight> now =
          replicas.registry().find(attempt.flight()).filter(attempt::isSameAttempt);
      if (now.isEmpty()) {
        return End.GONE;
      }
      StagedFlight.Content content = now.get().content();
      boolean isNew = staged == null && content != null;
      if (staged == null && content != null) {
        if (!fits(content)) {
          return End.UNFIT;
        }
        staged = replicas.staged(content);
        opening.opened(staged);
      }
      boolean grew = addBatches();
      if (now.get().state() != StagedFlight.State.ACTIVE) {
        return ended(now.get());
      }
      if (grew || isNew) {
        lastSign = System.nanoTime();
      } else {
        await();
      }
    }
    return End.SILENT;
  }

  private boolean fits(StagedFlight.Content content) {
    return flight.wanted() == Compression.NONE
        || (content.form() == StagedFlight.Form.FILE && content.compression() == flight.wanted());
  }

  /** Adds what has come; false if nothing has. */
  private boolean addBatches() {
    StagedNar open = staged;
    if (open == null) {
      return false;
    }
    int before = batches;
    Optional<List<Extent>> next = replicas.registry().batch(attempt, batches);
    while (next.isPresent()) {
      open.add(next.get());
      batches++;
      next = replicas.registry().batch(attempt, batches);
    }
    return batches > before;
  }

  private End ended(StagedFlight end) throws IOException {
    StagedNar open = staged;
    if (open == null) {
      return End.GONE;
    }
    if (end.state() == StagedFlight.State.FAILED) {
      throw new IOException("replica " + attempt.holder() + " could not bring in the NAR");
    }
    return open.stored(replicas.openStored(flight.key(), open.content()).orElse(null))
        ? End.STORED
        : End.SILENT;
  }

  private void await() throws IOException {
    try {
      if (!changes.tryAcquire(LOOK.toSeconds(), TimeUnit.SECONDS)) {
        replicas.registry().follow(attempt); // again, as the first time may have been lost
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted while following").initCause(e);
    }
  }
}
