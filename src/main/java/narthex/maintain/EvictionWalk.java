package narthex.maintain;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import narthex.db.ManifestPart;
import narthex.db.UseTable;
import narthex.db.UsedNar;
import narthex.nix.Sha256;

/**
 * Finds the least recently used NARs, and how many bytes each of them takes that no NAR needs which
 * stays longer.
 *
 * <h2>How</h2>
 *
 * NARs share chunks: deleting a NAR frees only the chunks that no other NAR has. The walk goes over
 * all NARs, first those that are spared, then from the most recently used to the least. Each NAR
 * adds its whole files, and those chunks that no NAR before it had. So deleting NARs from the end
 * of the walk frees exactly the sum of what they added.
 *
 * <p>Memory holds one bit for each chunk and the last {@value #MOST} NARs. For one use and one
 * thread.
 */
final class EvictionWalk {
  static final int MOST = 100_000;

  private static final int PAGE = 100;

  /** Decides whether a NAR is spared. */
  @FunctionalInterface
  interface Sparing {
    boolean spares(UsedNar nar);
  }

  /**
   * A NAR that may be evicted.
   *
   * @param bytes what is freed if it and all NARs that were used less recently are deleted, and not
   *     if only the latter are
   */
  record Candidate(UsedNar nar, long bytes) {}

  /**
   * The result.
   *
   * @param candidates the least recently used first
   * @param spared how many NARs are spared
   * @param sparedBytes how many bytes these need
   */
  record Found(Deque<Candidate> candidates, long spared, long sparedBytes) {}

  private final UseTable table;
  private final Sparing sparing;
  private final int most;
  private final NumberSet chunks = new NumberSet();
  private final Deque<Candidate> candidates = new ArrayDeque<>();
  private long spared;
  private long sparedBytes;

  EvictionWalk(UseTable table, Sparing sparing) {
    this(table, sparing, MOST);
  }

  EvictionWalk(UseTable table, Sparing sparing, int most) {
    this.table = table;
    this.sparing = sparing;
    this.most = most;
  }

  /** One pass over all NARs. */
  private enum Pass {
    SPARED,
    OTHERS
  }

  /** Walks over all NARs. */
  Found run() throws IOException {
    walk(Pass.SPARED);
    walk(Pass.OTHERS);
    return new Found(candidates, spared, sparedBytes);
  }

  private void walk(Pass pass) throws IOException {
    List<UsedNar> page = table.find(Optional.empty(), PAGE);
    while (!page.isEmpty()) {
      Optional<UsedNar> last = Optional.of(page.get(page.size() - 1));
      List<UsedNar> some = chosen(page, pass);
      Map<Sha256, List<ManifestPart>> manifests =
          table.findParts(some.stream().filter(UsedNar::isChunked).map(UsedNar::hash).toList());
      for (UsedNar nar : some) {
        long bytes = nar.wholeBytes() + newBytes(manifests.getOrDefault(nar.hash(), List.of()));
        add(pass, new Candidate(nar, bytes));
      }
      page = table.find(last, PAGE);
    }
  }

  private List<UsedNar> chosen(List<UsedNar> page, Pass pass) throws IOException {
    List<UsedNar> some = new ArrayList<>();
    for (UsedNar nar : page) {
      if (sparing.spares(nar) == (pass == Pass.SPARED)) {
        some.add(nar);
      }
    }
    return some;
  }

  private void add(Pass pass, Candidate nar) {
    if (pass == Pass.SPARED) {
      spared++;
      sparedBytes += nar.bytes();
      return;
    }
    candidates.addFirst(nar);
    if (candidates.size() > most) {
      candidates.removeLast();
    }
  }

  /** Returns the stored length of the chunks that no NAR before had. */
  private long newBytes(List<ManifestPart> manifest) throws IOException {
    long bytes = 0;
    for (ManifestPart part : manifest) {
      long[] added = chunks.addAll(part.numbers());
      bytes +=
          added.length == part.numbers().length ? part.framesLength() : table.storedBytes(added);
    }
    return bytes;
  }
}
