package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DatabaseException;
import narthex.db.FsckTable;
import narthex.db.FsckTable.Position;
import narthex.maintain.Finding.Kind;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;
import narthex.upstream.UpstreamUnavailableException;
import narthex.upstream.Upstreams;

/**
 * Checks the whole store: rows against each other, rows against blobs, and blobs against their
 * hashes. Repairs what it finds if asked for.
 *
 * <h2>How</h2>
 *
 * Each {@link FsckStep} goes over items of one kind in the order of their keys, so that memory is
 * bounded and an interrupted check goes on where it was. It runs beside everything else: a step
 * takes for wrong only what its rows, read again, prove to be wrong. Storage that fails proves
 * nothing, so an item that can't be read is counted as unchecked and left as it is.
 *
 * <p>Thread-safe; one check of a name at a time.
 */
public final class Fsck {
  private static final System.Logger LOG = System.getLogger(Fsck.class.getName());

  private static final int PAGE = 100;
  private static final Duration SAVE_EVERY = Duration.ofSeconds(10);

  /** After so many failures without a success the store counts as away. */
  private static final int MOST_FAILURES = 20;

  /** Blobs without a row that are told one by one. */
  private static final long MOST_ORPHANS_TOLD = 100;

  /** How much is read. */
  public enum Depth {
    /** All rows, the lengths of all blobs, and the CRC of each frame. */
    FRAMES,
    /** Also the hash of each chunk, each whole file and each document: every blob once. */
    HASHES,
    /** Also the NarHash of each NAR, which reads a chunk once for each NAR that has it. */
    DEEP
  }

  /** What to do about what is wrong. */
  public enum Repair {
    /** Only report it. */
    NOTHING,
    /** Fetch again what can be had, and drop what can't be served. */
    ALL
  }

  /** Where to begin. */
  public enum Start {
    /** Where a check with the same depth and repair was interrupted. */
    RESUME,
    /** At the beginning. */
    ANEW
  }

  /**
   * How to check.
   *
   * @param bytesPerSecond most bytes to read per second; 0 for any number
   */
  public record Options(Depth depth, Repair repair, Start start, long bytesPerSecond) {
    private String key() {
      return depth.name().toLowerCase(Locale.ROOT) + " " + repair.name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The store to check.
   *
   * @param decoders limits the memory for decoding
   */
  public record Store(
      Database database,
      BlobStore blobs,
      StoredNars stored,
      ChunkedNars chunked,
      DecoderShare decoders) {}

  /**
   * Where lost NARs come from.
   *
   * @param upstreams are asked whether they have a NAR
   * @param fetching fetches it
   */
  public record Sources(Upstreams upstreams, NarFetching fetching) {}

  private final String name;
  private final Store store;
  private final Sources sources;
  private final Duration grace;
  private final InstantSource clock;
  private final FsckTable rows;

  /**
   * @param name names the position of its checks
   * @param grace how long a NAR may be stored before its narinfo comes
   */
  public Fsck(String name, Store store, Sources sources, Duration grace, InstantSource clock) {
    this.name = name;
    this.store = store;
    this.sources = sources;
    this.grace = grace;
    this.clock = clock;
    this.rows = store.database().fsck();
  }

  /** Returns when the last check began and whether it has ended; empty if there was none. */
  Optional<Position> position() throws IOException {
    return rows.find(name);
  }

  /**
   * Checks the store, or goes on with an interrupted check.
   *
   * @param progress is told each finding; stops the check, which the next call then goes on with
   * @throws IOException if the database fails, the blob store can't be read at all, or it may
   *     belong to another database and repairs are wanted
   */
  public FsckResult run(Options options, Progress progress) throws IOException {
    requireOwner(options.repair());
    return new Run(options, progress).run();
  }

  private void requireOwner(Repair repair) throws IOException {
    if (repair == Repair.ALL && !new StoreOwner(store.database(), store.blobs()).isOurs()) {
      throw new IOException(
          "nothing is repaired: the blob store is empty or belongs to another database");
    }
  }

  /**
   * Checks one store path: its narinfo, and every byte of its NAR.
   *
   * @param bytesPerSecond most bytes to read per second; 0 for any number
   * @throws IOException if there is no such path, or as {@link #run}
   */
  JobResult verifyPath(StorePathHash path, Repair repair, long bytesPerSecond, Progress progress)
      throws IOException {
    requireOwner(repair);
    return new VerifyPath(store, sources, clock).run(path, repair, bytesPerSecond, progress);
  }

  /** One check; for one thread. */
  private final class Run {
    private final Options options;
    private final Progress progress;
    private final Pace pace;
    private final List<FsckStep> steps;
    private final FsckTally tally;
    private final Mending mending;
    private final Instant beganAt;
    private int step;
    private String after;
    private long counted;
    private int failures;
    private Instant savedAt;

    Run(Options options, Progress progress) throws IOException {
      this.options = options;
      this.progress = progress;
      this.pace = new Pace(options.bytesPerSecond(), progress);
      Optional<Position> left =
          options.start() == Start.ANEW
              ? Optional.empty()
              : rows.find(name).filter(position -> position.options().equals(options.key()));
      this.tally = FsckTally.parse(left.filter(Run::isLeft).map(Position::counts).orElse(""));
      this.mending = new Mending(options.repair(), tally, progress);
      this.steps = steps();
      this.step = left.map(position -> index(position.step())).orElse(0);
      this.after = left.filter(Run::isLeft).map(Position::after).orElse("");
      this.savedAt = clock.instant();
      this.beganAt = left.filter(Run::isLeft).map(Position::beganAt).orElse(savedAt);
    }

    private static boolean isLeft(Position position) {
      return !position.step().isEmpty();
    }

    private int index(String name) {
      for (int i = 0; i < steps.size(); i++) {
        if (steps.get(i).name().equals(name)) {
          return i;
        }
      }
      return 0;
    }

    /** Packs come before NARs, which tell then which of them have damaged chunks. */
    private List<FsckStep> steps() {
      PacedBlobStore blobs = new PacedBlobStore(store.blobs(), pace);
      Availability availability = new Availability(store.database(), sources.upstreams(), clock);
      Repairs repairs = new Repairs(store, sources, availability, clock, Repairs.Hope.LEFT);
      Repairs last = new Repairs(store, sources, availability, clock, Repairs.Hope.GONE);
      return List.of(
          new CheckStrayRows(store, repairs),
          new CheckPacks(store, blobs, options.depth(), repairs),
          new CheckNars(store, blobs, options.depth(), repairs),
          new CheckUnreferencedNars(store, grace, clock),
          new CheckDeferred(store, tally, last),
          new CheckNarInfos(store, availability, repairs),
          new CheckDocuments(store, blobs, options.depth(), repairs),
          new CheckBlobs(store, blobs, clock));
    }

    FsckResult run() throws IOException {
      boolean isEnded = false;
      try {
        while (step < steps.size() && walk(steps.get(step))) {
          step++;
          after = "";
        }
        isEnded = step == steps.size();
      } catch (Pace.StoppedException stopped) {
        LOG.log(Level.DEBUG, "check stopped name={0}", name);
      } finally {
        save(isEnded);
      }
      return tally.result(isEnded);
    }

    /** Returns false if it was stopped. */
    private boolean walk(FsckStep current) throws IOException {
      long total = current.total();
      List<String> page = current.find(after, PAGE);
      while (!page.isEmpty()) {
        for (String key : page) {
          if (progress.isStopped()) {
            return false;
          }
          progress.at(current.name(), tally.checkedOf(current), total);
          check(current, key);
          tally.checked(current);
          after = key;
          if (!clock.instant().isBefore(savedAt.plus(SAVE_EVERY))) {
            save(false);
          }
        }
        page = current.find(after, PAGE);
      }
      progress.at(current.name(), tally.checkedOf(current), total);
      return true;
    }

    private void check(FsckStep current, String key) throws IOException {
      List<Finding> findings;
      try {
        findings = current.look(key);
        failures = 0;
      } catch (Pace.StoppedException e) {
        throw e;
      } catch (DatabaseException e) {
        if (!(e.getCause() instanceof IllegalArgumentException)) {
          throw e;
        }
        unchecked(current, key, e);
        return;
      } catch (IllegalArgumentException malformed) { // a row
        unchecked(current, key, malformed);
        return;
      } catch (UpstreamUnavailableException e) {
        unchecked(current, key, e);
        return;
      } catch (IOException e) {
        failed(current, key, e);
        return;
      }
      for (Finding finding : findings) {
        found(current, finding);
      }
    }

    private void failed(FsckStep current, String key, IOException failure) throws IOException {
      if (Thread.currentThread().isInterrupted()) {
        throw failure;
      }
      failures++;
      if (failures >= MOST_FAILURES) {
        throw new IOException("the store can't be read: " + OneLine.reason(failure), failure);
      }
      unchecked(current, key, failure);
    }

    private void unchecked(FsckStep current, String key, Exception failure) {
      tally.unchecked();
      progress.tell("unchecked: " + current.name() + " " + key + ": " + OneLine.reason(failure));
    }

    private void found(FsckStep current, Finding finding) {
      if (current.isFirstLook()) {
        tally.found(finding.kind());
      }
      if (finding.kind() == Kind.ORPHAN) {
        if (tally.result(false).orphans() <= MOST_ORPHANS_TOLD) {
          mending.tell(finding);
        }
        return;
      }
      mending.mend(finding);
    }

    /** Stores the position, also if the thread was interrupted. */
    private void save(boolean isEnded) throws IOException {
      boolean isInterrupted = Thread.interrupted();
      try {
        tally.read(pace.bytes() - counted);
        counted = pace.bytes();
        savedAt = clock.instant();
        rows.save(
            name,
            new Position(
                options.key(),
                isEnded ? "" : steps.get(step).name(),
                after,
                beganAt,
                tally.print()));
      } finally {
        if (isInterrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
