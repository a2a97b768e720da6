package narthex.wiring;

import java.io.Closeable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import narthex.blob.CountingBlobStore;
import narthex.maintain.Chores;
import narthex.maintain.CollectionRounds;
import narthex.maintain.DatabaseLeases;
import narthex.maintain.Eviction;
import narthex.maintain.Idle;
import narthex.maintain.Leases;
import narthex.maintain.LimitGate;
import narthex.maintain.MigrateJob;
import narthex.maintain.WholeCollection;
import narthex.settings.Settings;
import narthex.store.NarUses;

/**
 * The background work of a server, which it starts, and what jobs share with it.
 *
 * @param eviction evicts NARs
 * @param collection removes what nothing refers to
 * @param migration changes how NARs are stored
 * @param leases decide which replica works
 * @param chores the background work that runs; empty in a process that runs one job
 */
record Maintenance(
    Eviction eviction,
    WholeCollection collection,
    MigrateJob migration,
    Leases leases,
    List<Chores> chores) {
  private static final Duration CHECK_SPACE_EVERY = Duration.ofSeconds(5);

  /** Creates what jobs need, without any background work, for a process that runs one job. */
  static Maintenance idle(Backbone backbone) {
    ChoreAssembly work = work(backbone, () -> false);
    backbone.closeables().push(backbone.assembly().stored().uses()::write);
    Eviction eviction = work.eviction(backbone.blobs(), Leases.ALONE, () -> {});
    return new Maintenance(eviction, work.collection(), work.migration(), Leases.ALONE, List.of());
  }

  /**
   * Starts the background chores and the eviction. A change of the members wakes the chores: it may
   * release leases.
   *
   * @param idle knows whether clients are being served
   */
  static Maintenance start(Backbone backbone, Idle idle) {
    Settings settings = backbone.settings();
    Assembly assembly = backbone.assembly();
    Deque<Closeable> closeables = backbone.closeables();
    ChoreAssembly work = work(backbone, idle);
    NarUses uses = assembly.stored().uses();
    closeables.push(uses::write);
    ScheduledExecutorService timer = backbone.stopping(ThreadPools.timer("narthex-maintain"));
    timer.scheduleWithFixedDelay(uses::write, 1, 1, TimeUnit.MINUTES);
    Leases leases = leases(assembly, timer, closeables);
    followCollection(assembly.rounds(), settings, timer, closeables);
    int workers = settings.chunking().workers();
    ExecutorService threads =
        backbone.stopping(ThreadPools.background("narthex-background", workers));
    Chores chores = new Chores(work.chores(), leases, threads, workers, InstantSource.system());
    closeables.push(chores);
    assembly.stored().addListeners(chores);
    Duration delay = settings.chunking().deleteDelay();
    Duration grace = settings.uploading().grace();
    backbone
        .base()
        .shared()
        .cluster()
        .ifPresent(members -> closeables.push(members.watch("", chores::wake)::close));
    chores.schedule(timer, delay.compareTo(grace) < 0 ? delay : grace);
    Runnable collectSoon =
        () -> {
          assembly.rounds().want();
          chores.wake();
        };
    Eviction eviction = work.eviction(backbone.blobs(), leases, collectSoon);
    WholeCollection collection = work.collection();
    if (settings.eviction().isLimited()) {
      hold(backbone, eviction, collection);
    }
    List<Chores> running = new ArrayList<>(List.of(chores));
    FsckAssembly.startScrub(backbone, leases).ifPresent(running::add);
    return new Maintenance(eviction, collection, work.migration(), leases, running);
  }

  private static ChoreAssembly work(Backbone backbone, Idle idle) {
    return new ChoreAssembly(backbone.settings(), backbone.base(), backbone.assembly(), idle);
  }

  /** Makes the eviction hold the limits of the settings. */
  private static void hold(Backbone backbone, Eviction eviction, WholeCollection collection) {
    CountingBlobStore blobs = backbone.blobs();
    Eviction.Limits limits = Policies.eviction(backbone.settings()).limits();
    InstantSource clock = backbone.base().clock();
    blobs.beforeStoring(new LimitGate(limits, eviction, collection, blobs, clock)::await);
    blobs.beforeWriting(eviction::makeRoom);
    ScheduledExecutorService timer = backbone.stopping(ThreadPools.timer("narthex-evict"));
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
}
