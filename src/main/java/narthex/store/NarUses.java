package narthex.store;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import narthex.db.UseTable;
import narthex.nix.OneLine;
import narthex.nix.Sha256;

/**
 * Gathers in memory which NARs are used, so that a request writes nothing. Someone calls {@link
 * #write} once a minute. Thread-safe.
 */
public final class NarUses {
  private static final System.Logger LOG = System.getLogger(NarUses.class.getName());

  /** Further NARs are ignored until the next writing; all together take some 20 MB. */
  private static final int MOST = 200_000;

  private final UseTable table;
  private final InstantSource clock;
  private final Set<Sha256> used = ConcurrentHashMap.newKeySet();

  /** Gathers uses for this table. */
  public NarUses(UseTable table, InstantSource clock) {
    this.table = table;
    this.clock = clock;
  }

  /** Notes that a NAR, or its narinfo, is used now. Never waits. */
  public void note(Sha256 narHash) {
    if (!used.contains(narHash) && used.size() < MOST) {
      used.add(narHash);
    }
  }

  /** Whether the NAR was used since the last writing. */
  public boolean isNoted(Sha256 narHash) {
    return used.contains(narHash);
  }

  /** Writes what was noted; if that fails, the next call tries again. Never throws. */
  public void write() {
    List<Sha256> batch = new ArrayList<>();
    for (Iterator<Sha256> noted = used.iterator(); noted.hasNext(); ) {
      batch.add(noted.next());
      noted.remove(); // before the writing: a use meanwhile is noted anew
    }
    if (batch.isEmpty()) {
      return;
    }
    try {
      table.store(batch, clock.instant());
    } catch (IOException | RuntimeException e) {
      batch.forEach(this::note);
      LOG.log(Level.WARNING, "uses of nars not written, will retry reason={0}", OneLine.reason(e));
    }
  }
}
