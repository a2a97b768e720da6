package narthex.maintain;

import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import narthex.nix.NixFormatException;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.staging.InFlightRegistry;
import narthex.store.StoreListener;
import narthex.store.StoredNars;
import org.jspecify.annotations.Nullable;

/**
 * Announces changes of stored NARs, narinfos and file names to the other replicas, and notifies the
 * listeners of this replica when others announce theirs. So no replica keeps serving what it
 * remembers of rows that another one changed.
 *
 * <p>An announcement may be lost. When a replica joins or leaves, or a split of the cluster heals,
 * all that is remembered is forgotten. In other cases the listeners bound how long they remember.
 * Thread-safe.
 */
public final class ReplicaChanges implements StoreListener {
  private static final System.Logger LOG = System.getLogger(ReplicaChanges.class.getName());
  private static final String NAR = "nar:";
  private static final String NARINFO = "narinfo:";
  private static final String NAME = "name:";

  /** Further announcements count as one change of everything, so that memory stays bounded. */
  private static final int MOST_WAITING = 10_000;

  private final InFlightRegistry registry;
  private final StoredNars stored;
  private final Executor threads;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> waiting = new LinkedHashSet<>(); // guarded by lock
  private boolean isAnyChanged; // guarded by lock
  private boolean isRunning; // guarded by lock

  private ReplicaChanges(InFlightRegistry registry, StoredNars stored, Executor threads) {
    this.registry = registry;
    this.stored = stored;
    this.threads = threads;
  }

  /**
   * Connects the stored NARs of this replica with those of the others, until the registry is
   * closed.
   *
   * @param threads runs the listeners, one change after the other
   */
  public static void connect(InFlightRegistry registry, StoredNars stored, Executor threads) {
    ReplicaChanges changes = new ReplicaChanges(registry, stored, threads);
    registry.listen(changes::receive);
    registry.watch("", changes::membersChanged);
    stored.announceTo(changes);
  }

  @Override
  public void narChanged(Sha256 narHash) {
    announce(NAR + narHash.nix32());
  }

  @Override
  public void narInfoChanged(StorePathHash hash) {
    announce(NARINFO + hash.text());
  }

  @Override
  public void nameChanged(String stem) {
    announce(NAME + stem); // the hash of a file: has no spaces
  }

  @Override
  public void anyChanged() {
    // each replica notices by itself what makes it forget everything
  }

  private void announce(String change) {
    try {
      registry.announce(change);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "change not announced change={0} reason={1}", change, e.toString());
    }
  }

  private void receive(String change) {
    lock.lock();
    try {
      if (waiting.size() < MOST_WAITING) {
        waiting.add(change);
      } else {
        isAnyChanged = true;
      }
      start();
    } finally {
      lock.unlock();
    }
  }

  /** Announcements may have been lost before the members changed, even if they are the same now. */
  private void membersChanged() {
    lock.lock();
    try {
      isAnyChanged = true;
      start();
    } finally {
      lock.unlock();
    }
  }

  // requires lock
  private void start() {
    if (isRunning) {
      return;
    }
    isRunning = true;
    try {
      threads.execute(this::run);
    } catch (RejectedExecutionException stopping) {
      isRunning = false;
      LOG.log(Level.DEBUG, "change of another replica ignored: the server stops");
    }
  }

  private void run() {
    Runnable next = next();
    while (next != null) {
      try {
        next.run();
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "change of another replica not passed on", e);
      }
      next = next();
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      if (isAnyChanged) {
        isAnyChanged = false;
        waiting.clear();
        return stored::changedElsewhere;
      }
      Iterator<String> first = waiting.iterator();
      if (!first.hasNext()) {
        isRunning = false;
        return null;
      }
      String change = first.next();
      first.remove();
      return () -> passOn(change);
    } finally {
      lock.unlock();
    }
  }

  private void passOn(String change) {
    try {
      if (change.startsWith(NAR)) {
        stored.changedElsewhere(Sha256.parseNix32(change.substring(NAR.length())));
      } else if (change.startsWith(NARINFO)) {
        stored.changedElsewhere(StorePathHash.parse(change.substring(NARINFO.length())));
      } else if (change.startsWith(NAME)) {
        stored.changedElsewhere(change.substring(NAME.length()));
      }
    } catch (NixFormatException e) {
      LOG.log(Level.WARNING, "unknown announcement of another replica change={0}", change);
    }
  }
}
