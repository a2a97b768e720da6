package narthex.wiring;

import java.io.Closeable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import narthex.blob.CountingBlobStore;
import narthex.maintain.Chores;
import narthex.maintain.CollectionRounds;
import narthex.maintain.DatabaseLeases;
import narthex.maintain.Eviction;
import narthex.maintain.Leases;
import narthex.maintain.LimitGate;
import narthex.maintain.MigrateJob;
import narthex.maintain.RepackPacks;
import narthex.maintain.WholeCollection;
import narthex.settings.Settings;
import narthex.store.NarUses;

/**
 * The background work of a server, which it starts, and what jobs share with it.
 *
 * @param leases decide what this replica does and others don't
 * @param eviction evicts NARs
 * @param collection removes what nothing refers to
 * @param migration changes how NARs are stored
 */
record Maintenance(
    Leases leases, Eviction eviction, WholeCollection collection, MigrateJob migration) {
  private static final Duration CHECK_SPACE_EVERY = Duration.ofSeconds(5);

  /**
   * Creates what jobs need, without any background work, for a process that runs one job.
   *
   * @param closeables gets what must be closed, the last first
   */
  static Maintenance idle(
      ChoreAssembly chores,
      Assembly assembly,
      CountingBlobStore blobs,
      Deque<Closeable> closeables) {
    closeables.push(assembly.stored().uses()::write);
    Eviction eviction = chores.eviction(blobs, Leases.ALONE, () -> {});
    return new Maintenance(Leases.ALONE, eviction, chores.collection(), chores.migration());
  }

  /**
   * Starts the background chores and the eviction. A change of the members wakes the chores: it may
   * release leases.
   *
   * @param idle knows whether clients are being served
   * @param closeables gets what must be closed, the last first
   */
  static Maintenance start(
      Settings settings,
      Assembly.Base base,
      Assembly assembly,
      RepackPacks.Idle idle,
      CountingBlobStore blobs,
      Deque<Closeable> closeables) {
    ChoreAssembly work = new ChoreAssembly(settings, base, assembly);
    NarUses uses = assembly.stored().uses();
    closeables.push(uses::write);
    ScheduledExecutorService timer = stopping(ThreadPools.timer("narthex-maintain"), closeables);
    timer.scheduleWithFixedDelay(uses::write, 1, 1, TimeUnit.MINUTES);
    Leases leases = leases(assembly, timer, closeables);
    followCollection(assembly.rounds(), settings, timer, closeables);
    int workers = settings.chunking().workers();
    ExecutorService threads =
        stopping(ThreadPools.background("narthex-background", workers), closeables);
    Chores chores = new Chores(work.chores(idle), leases, threads, workers, InstantSource.system());
    closeables.push(chores);
    assembly.stored().addListeners(chores);
    Duration delay = settings.chunking().deleteDelay();
    Duration grace = settings.uploading().grace();
    base.shared()
        .cluster()
        .ifPresent(members -> closeables.push(members.watch("", chores::wake)::close));
    chores.schedule(timer, delay.compareTo(grace) < 0 ? delay : grace);
    Runnable collectSoon =
        () -> {
          assembly.rounds().want();
          chores.wake();
        };
    Eviction eviction = work.eviction(blobs, leases, collectSoon);
    WholeCollection collection = work.collection();
    if (settings.eviction().isLimited()) {
      hold(eviction, blobs, closeables);
      LimitGate gate =
          new LimitGate(
              Policies.eviction(settings).limits(), eviction, collection, blobs, base.clock());
      blobs.beforeStoring(gate::await);
    }
    FsckAssembly.startScrub(settings, base, assembly, leases, closeables);
    return new Maintenance(leases, eviction, collection, work.migration());
  }

  /** Makes the eviction hold the limits of the settings. */
  private static void hold(
      Eviction eviction, CountingBlobStore blobs, Deque<Closeable> closeables) {
    blobs.beforeWriting(eviction::makeRoom);
    ScheduledExecutorService timer = stopping(ThreadPools.timer("narthex-evict"), closeables);
    timer.scheduleWithFixedDelay(
        eviction::check, 0, CHECK_SPACE_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Tells the other replicas which rounds of the collection this one has passed. */
  private static void followCollection(
      CollectionRounds rounds,
      Settings settings,
      ScheduledExecutorService timer,
      Deque<Closeable> closeables) {
    if (settings.cluster().enabled()) {
      closeables.push(rounds::leave);
      long millis = CollectionRounds.PERIOD.toMillis();
      timer.scheduleWithFixedDelay(rounds::pass, 0, millis, TimeUnit.MILLISECONDS);
    }
  }

  private static Leases leases(
      Assembly assembly, ScheduledExecutorService timer, Deque<Closeable> closeables) {
    Optional<DatabaseLeases> shared = assembly.leases();
    if (shared.isEmpty()) {
      return Leases.ALONE;
    }
    DatabaseLeases leases = shared.get();
    closeables.push(leases);
    long millis = DatabaseLeases.RENEW_EVERY.toMillis();
    timer.scheduleWithFixedDelay(leases::renew, millis, millis, TimeUnit.MILLISECONDS);
    return leases;
  }

  private static <T extends ExecutorService> T stopping(T executor, Deque<Closeable> closeables) {
    closeables.push(() -> ThreadPools.stop(executor));
    return executor;
  }
}
