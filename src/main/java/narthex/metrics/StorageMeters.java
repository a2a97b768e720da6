package narthex.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import narthex.blob.BlobObserver;
import narthex.blob.ObservedBlobStore;
import narthex.db.DatabaseLoad;
import narthex.db.DatabaseObserver;
import narthex.db.PoolCounts;
import narthex.maintain.Eviction;
import narthex.nix.Compression;

/** Measures the database, the blob store, and what they hold. */
public final class StorageMeters {
  private static final Duration[] BLOB_BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofSeconds(1),
    Duration.ofSeconds(10)
  };

  private static final String OPERATION = "operation";
  private static final String BYTES = "bytes";
  private static final String CHUNKED = "chunked";
  private static final String WHOLE = "whole";

  private final MeterRegistry registry;

  StorageMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Measures the operations of a database, and our own pool of connections to it. The timers of
   * operations appear with the first one, and have no buckets: there are many operations.
   */
  public void watch(DatabaseLoad database) {
    Counter failures =
        Counter.builder("narthex.database.failures")
            .description("Operations of the database that failed")
            .register(registry);
    Map<String, Timer> timers = new ConcurrentHashMap<>();
    Function<String, Timer> timer =
        operation ->
            Timer.builder("narthex.database.operation")
                .description("Operations of the database, with the wait for a connection")
                .tag(OPERATION, operation)
                .register(registry);
    database.observe(
        (operation, result, nanos) -> {
          timers.computeIfAbsent(operation, timer).record(nanos, TimeUnit.NANOSECONDS);
          if (result == DatabaseObserver.Result.FAILED) {
            failures.increment();
          }
        });
    if (database.connections().isPresent()) {
      connections(database, "active", PoolCounts::active);
      connections(database, "idle", PoolCounts::idle);
      pool(
          database,
          "narthex.database.connections.limit",
          "Most connections to the database",
          PoolCounts::most);
      pool(
          database,
          "narthex.database.waiting",
          "Threads that wait for the database: for a connection, or to write to SQLite",
          PoolCounts::waiting);
    }
  }

  private void connections(
      DatabaseLoad database, String state, ToDoubleFunction<PoolCounts> value) {
    Gauge.builder("narthex.database.connections", pooled(database, value))
        .description("Connections to the database by state")
        .tag("state", state)
        .register(registry);
  }

  private void pool(
      DatabaseLoad database, String name, String text, ToDoubleFunction<PoolCounts> value) {
    Gauge.builder(name, pooled(database, value)).description(text).register(registry);
  }

  private static Supplier<Number> pooled(
      DatabaseLoad database, ToDoubleFunction<PoolCounts> value) {
    return () -> database.connections().map(value::applyAsDouble).orElse(Double.NaN);
  }

  /** Measures the operations of a blob store. */
  public void watch(ObservedBlobStore blobs) {
    Map<BlobObserver.Operation, Timer> timers = new EnumMap<>(BlobObserver.Operation.class);
    Map<BlobObserver.Operation, Counter> failures = new EnumMap<>(BlobObserver.Operation.class);
    for (BlobObserver.Operation operation : BlobObserver.Operation.values()) {
      String word = operation.name().toLowerCase(Locale.ROOT);
      timers.put(
          operation,
          Timer.builder("narthex.blob.operation")
              .description("Operations of the blob store")
              .tag(OPERATION, word)
              .serviceLevelObjectives(BLOB_BUCKETS)
              .register(registry));
      failures.put(
          operation,
          Counter.builder("narthex.blob.failures")
              .description("Operations of the blob store that failed")
              .tag(OPERATION, word)
              .register(registry));
    }
    blobs.observe(
        (operation, result, nanos) -> {
          Timer timer = timers.get(operation);
          Counter failed = failures.get(operation);
          if (timer != null) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
          }
          if (failed != null && result == BlobObserver.Result.FAILED) {
            failed.increment();
          }
        });
  }

  /**
   * Shows what is stored. Not a number until it was counted for the first time.
   *
   * @param figures count in the background
   */
  public void watch(StoredFigures figures) {
    stored("narthex.stored.paths", "", "Store paths with a narinfo", figures, c -> c.paths());
    stored("narthex.stored.nars", "", "NARs that are stored", figures, c -> c.nars());
    stored("narthex.stored.nar", BYTES, "Their length", figures, c -> c.narBytes());
    stored("narthex.chunks", "", "Chunks", figures, c -> c.chunks().count());
    stored(
        "narthex.chunks.before.deduplication",
        BYTES,
        "Stored length of chunks, counted once for each use",
        figures,
        c -> c.chunks().referredBytes());
    stored(
        "narthex.chunks.after.deduplication",
        BYTES,
        "Stored length of chunks, counted once",
        figures,
        c -> c.chunks().bytes());
    stored(
        "narthex.garbage.blobs",
        "",
        "Blobs that wait to be deleted",
        figures,
        c -> c.garbageBlobs());
    stored("narthex.pins", "", "Pins", figures, c -> c.pins());
    Gauge.builder("narthex.chunking.queue", figures::unchunked)
        .description("NARs that wait to be cut into chunks")
        .register(registry);
    form(figures, CHUNKED, Compression.NONE);
    for (Compression compression : Compression.values()) {
      form(figures, WHOLE, compression);
    }
  }

  private void stored(
      String name, String unit, String text, StoredFigures figures, StoredFigures.Figure figure) {
    Gauge.builder(name, () -> figures.value(figure))
        .description(text)
        .baseUnit(unit.isEmpty() ? null : unit)
        .register(registry);
  }

  private void form(StoredFigures figures, String form, Compression compression) {
    String name = compression.nixName();
    Gauge.builder(
            "narthex.stored.form", () -> figures.value(c -> StoredFigures.bytes(c, form, name)))
        .description("Length of the stored forms of NARs; of chunked ones, before deduplication")
        .baseUnit(BYTES)
        .tag("form", form)
        .tag("compression", name)
        .register(registry);
  }

  /**
   * Space of the store, in bytes. A limit that doesn't exist is not a number.
   *
   * @param stored what is stored; not a number if it isn't counted
   * @param free free bytes of the file system; not a number for a bucket
   * @param max most bytes that the store may take
   * @param leastFree least free bytes of the file system
   */
  public record Space(DoubleSupplier stored, DoubleSupplier free, double max, double leastFree) {}

  /** Shows the space of the store. */
  public void watch(Space space) {
    bytes("narthex.store.used", "Length of all blobs, if there is a limit", space.stored());
    bytes("narthex.store.limit", "Most bytes that blobs may take", space::max);
    bytes("narthex.store.free", "Free space of the store's file system", space.free());
    bytes("narthex.store.min.free", "Space to keep free", space::leastFree);
  }

  private void bytes(String name, String text, DoubleSupplier value) {
    Gauge.builder(name, () -> value.getAsDouble())
        .description(text)
        .baseUnit(BYTES)
        .register(registry);
  }

  /** Counts what is evicted. */
  public void watch(Eviction eviction) {
    FunctionCounter.builder("narthex.evicted.nars", eviction, Eviction::evictedNars)
        .description("NARs that were evicted to make room")
        .register(registry);
    FunctionCounter.builder("narthex.evicted.bytes", eviction, Eviction::evictedBytes)
        .description("Bytes that evictions free")
        .register(registry);
    FunctionCounter.builder("narthex.eviction.failures", eviction, Eviction::failures)
        .description("Evictions that failed")
        .register(registry);
  }
}
