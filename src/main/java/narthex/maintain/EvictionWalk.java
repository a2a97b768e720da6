package narthex.maintain;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import narthex.db.CollectionTable;
import narthex.db.Database;
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
 * NARs share chunks: deleting a NAR frees only the chunks that no other NAR has. So the walk first
 * counts how many references each chunk has, in one pass over all manifests in the order in which
 * the database has them. Then it goes over the NARs, from the least recently used one on, as far as
 * the caller wants. Each NAR that isn't spared gives its whole files and takes off its references;
 * a chunk without a further reference goes with it. So deleting the NARs of the walk frees exactly
 * the sum of what they gave, if those go too that gave nothing. These are left out, as most of them
 * share everything with NARs that stay; a later walk finds the others.
 *
 * <p>If packs were compressed again, the lengths of all these chunks are looked up, as manifests
 * only know how long the chunks' own frames are.
 *
 * <p>NARs that are stored or used meanwhile come after the end of the walk.
 *
 * <p>Memory holds {@linkplain ReferenceCounts little more than a byte} for each chunk. For one use
 * and one thread.
 */
final class EvictionWalk {
  private static final int PAGE = 100;

  /** Progress is told after so many parts of manifests. */
  private static final int PARTS_OF_PROGRESS = 500;

  /** So many chunks of a part of a manifest are looked up together with those of other NARs. */
  private static final int FEW = 100;

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

  private final UseTable table;
  private final Sparing sparing;
  private final Progress progress;
  private final ReferenceCounts references = new ReferenceCounts();
  private final Deque<Candidate> page = new ArrayDeque<>();
  private final long lastMinute;

  /** Whether manifests know the stored length of their frames: not if packs have groups. */
  private final boolean areFramesStored;

  private Optional<UsedNar> last = Optional.empty();
  private boolean isEnded;
  private long spared;
  private long seen;

  private EvictionWalk(Database database, Sparing sparing, Progress progress) throws IOException {
    this.table = database.uses();
    this.sparing = sparing;
    this.progress = progress;
    this.lastMinute = table.lastMinute();
    this.areFramesStored = !database.collection().repacking().mayHaveGroups();
  }

  /**
   * Counts the references, and so begins a walk.
   *
   * @param progress may stop the walk
   */
  static EvictionWalk begin(Database database, Sparing sparing, Progress progress)
      throws IOException {
    EvictionWalk walk = new EvictionWalk(database, sparing, progress);
    walk.countReferences(database.collection());
    return walk;
  }

  private void countReferences(CollectionTable manifests) throws IOException {
    long[] parts = {0};
    manifests.references(
        references::add,
        () -> {
          if (parts[0]++ % PARTS_OF_PROGRESS == 0) {
            progress.at("read manifests", parts[0], 0);
          }
          return !progress.isStopped();
        });
  }

  /**
   * Returns the next NAR whose deletion frees something; empty at the end, or if the work is
   * stopped.
   */
  Optional<Candidate> next() throws IOException {
    while (page.isEmpty() && !isEnded && !progress.isStopped()) {
      readPage();
    }
    return progress.isStopped() ? Optional.empty() : Optional.ofNullable(page.pollFirst());
  }

  /** Returns how many NARs were spared so far. */
  long spared() {
    return spared;
  }

  private void readPage() throws IOException {
    List<UsedNar> found = table.find(last, lastMinute, PAGE);
    if (found.isEmpty()) {
      isEnded = true;
      return;
    }
    last = Optional.of(found.get(found.size() - 1));
    seen += found.size();
    progress.at("searched NARs", seen, 0);
    List<UsedNar> others = found.stream().filter(nar -> !sparing.spares(nar)).toList();
    spared += found.size() - others.size();
    measure(others).stream().filter(nar -> nar.bytes() > 0).forEach(page::addLast);
  }

  private List<Candidate> measure(List<UsedNar> nars) throws IOException {
    Map<Sha256, List<ManifestPart>> manifests =
        table.findParts(nars.stream().filter(UsedNar::isChunked).map(UsedNar::hash).toList());
    List<Freed> all = new ArrayList<>();
    Set<Long> asked = new HashSet<>();
    for (UsedNar nar : nars) {
      Freed freed = free(nar, manifests.getOrDefault(nar.hash(), List.of()));
      all.add(freed);
      Arrays.stream(freed.chunks()).forEach(asked::add);
    }
    Map<Long, Long> bytes = table.storedBytesOfEach(asked);
    return all.stream().map(one -> one.candidate(bytes)).toList();
  }

  /**
   * What goes with a NAR.
   *
   * @param bytes the length that is known
   * @param chunks other chunks that no further NAR has
   */
  private record Freed(UsedNar nar, long bytes, long[] chunks) {
    Candidate candidate(Map<Long, Long> lengths) {
      long others = Arrays.stream(chunks).map(chunk -> lengths.getOrDefault(chunk, 0L)).sum();
      return new Candidate(nar, bytes + others);
    }
  }

  /** Takes off a NAR's references. Those of a few NARs are looked up together, but not many. */
  private Freed free(UsedNar nar, List<ManifestPart> manifest) throws IOException {
    long bytes = nar.wholeBytes();
    LongStream.Builder few = LongStream.builder();
    for (ManifestPart part : manifest) {
      long[] freed = Arrays.stream(part.numbers()).filter(references::removeLast).toArray();
      if (areFramesStored && freed.length == part.numbers().length) {
        bytes += part.framesLength();
      } else if (freed.length > FEW) {
        bytes += table.storedBytes(freed);
      } else {
        Arrays.stream(freed).forEach(few::add);
      }
    }
    return new Freed(nar, bytes, few.build().toArray());
  }
}
