package narthex.maintain;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.db.PinTable;
import narthex.ingest.NarDownload;
import narthex.ingest.NarInfoFetch;
import narthex.nix.Compression;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;
import narthex.staging.Flight;
import narthex.store.StoredNars;

/**
 * Pins one store path and fetches what is missing of its closure: first the narinfos, until all
 * references are known, then the NARs. What can't be fetched is told and stays missing; the pin
 * keeps it when it comes later. Stopped or failed work goes on when the path is pinned again. For
 * one use.
 */
public final class PinPath {
  /** Narinfos that are fetched at once. */
  private static final int NARINFOS_AT_ONCE = 32;

  /** NARs that are fetched at once. */
  private static final int NARS_AT_ONCE = 8;

  private static final int PAGE = 500;

  /** Of a closure without any upstream, not every path is worth a line. */
  private static final int MOST_TOLD = 100;

  /** An upstream may have another NAR of a path by now, with other references. */
  private static final int PASSES = 2;

  /**
   * What is fetched from where.
   *
   * @param threads run the fetches; the caller closes them
   */
  public record Sources(
      Database database,
      StoredNars stored,
      NarInfoFetch narInfos,
      NarDownload nars,
      ExecutorService threads) {}

  /**
   * What is done.
   *
   * @param closure the closure at the end
   * @param narInfos how many narinfos were fetched
   * @param nars how many NARs were fetched
   */
  record Result(PinTable.Closure closure, long narInfos, long nars) {}

  private final Pins pins;
  private final Sources sources;
  private final StorePathHash pin;
  private final Progress progress;
  private long narInfos;
  private long nars;
  private final Set<StorePathHash> told = new HashSet<>();

  /** What came of one fetch; the line is empty if it was fetched. */
  private record Fetched(StorePathHash path, String failure) {}

  PinPath(Pins pins, Sources sources, StorePathHash pin, Progress progress) {
    this.pins = pins;
    this.sources = sources;
    this.pin = pin;
    this.progress = progress;
  }

  /**
   * Fetches what is missing of an existing pin.
   *
   * @throws IOException if the database fails
   */
  Result run() throws IOException {
    int pass = 0;
    do {
      completeClosure();
      fetchNars();
      pass++;
    } while (pass < PASSES && pins.table().isIncomplete(pin) && !progress.isStopped());
    PinTable.Closure closure = pins.table().count(pin);
    if (closure.missing() > told.size()) {
      progress.tell(closure.missing() + " paths are missing in all");
    }
    return new Result(closure, narInfos, nars);
  }

  private void completeClosure() throws IOException {
    BoundedTasks tasks = new BoundedTasks(sources.threads(), NARINFOS_AT_ONCE);
    pins.follow(pin, progress);
    List<StorePathHash> unknown = pins.table().findUnknown(pin, PAGE);
    while (!unknown.isEmpty() && !progress.isStopped()) {
      tasks.run(
          unknown,
          this::fetchNarInfo,
          fetched -> {
            narInfos += fetched.failure().isEmpty() ? 1 : 0;
            progress.at("narinfos", narInfos, 0);
            tell(fetched);
          },
          progress::isStopped);
      if (!progress.isStopped()) {
        pins.table().giveUp(pin, unknown);
        pins.follow(pin, progress);
        unknown = pins.table().findUnknown(pin, PAGE);
      }
    }
  }

  private Fetched fetchNarInfo(StorePathHash path) {
    try {
      Optional<NarInfoRow> row = sources.narInfos().fetch(path);
      row.ifPresent(found -> sources.stored().announce(path));
      return new Fetched(
          path, row.isPresent() ? "" : "no upstream has the narinfo of " + path.text());
    } catch (IOException e) {
      return new Fetched(path, "narinfo of " + path.text() + " not fetched: " + OneLine.reason(e));
    }
  }

  private void fetchNars() throws IOException {
    BoundedTasks tasks = new BoundedTasks(sources.threads(), NARS_AT_ONCE);
    PinTable.Closure closure = pins.table().count(pin);
    long total = nars + closure.missing() - closure.unknown();
    Optional<StorePathHash> after = Optional.empty();
    List<StorePathHash> missing = pins.table().findWithoutNar(pin, after, PAGE);
    while (!missing.isEmpty() && !progress.isStopped()) {
      progress.at("NARs", nars, total);
      tasks.run(
          missing,
          this::fetchNar,
          fetched -> {
            nars += fetched.failure().isEmpty() ? 1 : 0;
            progress.at("NARs", nars, total);
            tell(fetched);
          },
          progress::isStopped);
      after = Optional.of(missing.get(missing.size() - 1));
      missing = pins.table().findWithoutNar(pin, after, PAGE);
    }
  }

  private Fetched fetchNar(StorePathHash path) {
    Optional<NarInfoRow> row = Optional.empty();
    try {
      row = sources.database().findNarInfo(path);
      if (row.isPresent()) {
        await(row.get());
      }
      return new Fetched(path, row.isPresent() ? "" : "narinfo of " + path.text() + " is gone");
    } catch (IOException e) {
      String name = row.map(found -> found.said().storePath().print()).orElse(path.text());
      return new Fetched(path, "NAR of " + name + " not fetched: " + OneLine.reason(e));
    }
  }

  /** Fetches the NAR, or waits for the flight that already does, however long it takes. */
  private void await(NarInfoRow row) throws IOException {
    boolean isLanded = false;
    while (!isLanded) {
      Flight flight = sources.nars().join(row, Compression.NONE);
      flight.boarding().boarded();
      try {
        flight.awaitOpened();
        isLanded = flight.awaitEnded();
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted() || !sources.nars().isInFlight(row)) {
          throw e;
        }
      }
      if (!isLanded && !sources.nars().isInFlight(row)) {
        throw new IOException("its download failed");
      }
    }
    if (sources.database().findNar(row.said().nar().hash()).isEmpty()) {
      throw new IOException("it was not stored");
    }
  }

  private void tell(Fetched fetched) {
    if (!fetched.failure().isEmpty() && told.size() < MOST_TOLD && told.add(fetched.path())) {
      progress.tell(fetched.failure());
    }
  }
}
