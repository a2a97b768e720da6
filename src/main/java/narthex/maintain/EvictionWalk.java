package narthex.maintain;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
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
 * NARs share chunks: deleting a NAR frees only the chunks that no other NAR has. The walk goes
 * first over the NARs that are spared, then over all others, from the most recently used to the
 * least. Each NAR adds its whole files, and those chunks that no NAR before it had. So deleting
 * NARs from the end of the walk frees exactly the sum of what they added.
 *
 * <p>Memory holds one bit for each chunk and the last {@value #MOST} NARs. For one use and one
 * thread.
 */
final class EvictionWalk {
  static final int MOST = 100_000;

  private static final int PAGE = 100;

  /** So many chunks of a part of a manifest are looked up together with those of other NARs. */
  private static final int FEW = 100;

  /** Decides whether a NAR is spared. */
  interface Sparing {
    boolean spares(UsedNar nar);

    /** Which NARs it may spare besides those that were uploaded or are pinned. */
    default Collection<Sha256> others() {
      return List.of();
    }
  }

  /** The two groups of NARs, in the order in which they are walked over. */
  private enum Pass {
    SPARED,
    OTHERS
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
  private final Progress progress;
  private final int most;
  private final NumberSet chunks = new NumberSet();
  private final Deque<Candidate> candidates = new ArrayDeque<>();
  private long spared;
  private long sparedBytes;
  private long seen;

  /**
   * @param progress may stop the walk
   */
  EvictionWalk(UseTable table, Sparing sparing, Progress progress) {
    this(table, sparing, progress, MOST);
  }

  EvictionWalk(UseTable table, Sparing sparing, Progress progress, int most) {
    this.table = table;
    this.sparing = sparing;
    this.progress = progress;
    this.most = most;
  }

  /** Walks over all NARs. Finds no candidate if it is stopped, since the last ones go first. */
  Found run() throws IOException {
    walkSpared();
    walkOthers();
    if (progress.isStopped()) {
      candidates.clear();
    }
    return new Found(candidates, spared, sparedBytes);
  }

  /** Adds what is spared. Only these NARs are read, since there may be few. */
  private void walkSpared() throws IOException {
    List<UsedNar> page = table.findUploadedOrPinned(Optional.empty(), PAGE);
    while (!page.isEmpty() && !progress.isStopped()) {
      addSpared(page);
      page = table.findUploadedOrPinned(Optional.of(page.get(page.size() - 1).hash()), PAGE);
    }
    List<Sha256> others = List.copyOf(sparing.others());
    for (int from = 0; from < others.size() && !progress.isStopped(); from += PAGE) {
      addSpared(table.find(others.subList(from, Math.min(others.size(), from + PAGE))));
    }
  }

  private void addSpared(List<UsedNar> page) throws IOException {
    for (Candidate nar : measure(page, Pass.SPARED)) {
      spared++;
      sparedBytes += nar.bytes();
    }
  }

  private void walkOthers() throws IOException {
    List<UsedNar> page = table.find(Optional.empty(), PAGE);
    while (!page.isEmpty() && !progress.isStopped()) {
      for (Candidate nar : measure(page, Pass.OTHERS)) {
        candidates.addFirst(nar);
        if (candidates.size() > most) {
          candidates.removeLast();
        }
      }
      seen += page.size();
      progress.at("searched NARs", seen, 0);
      page = table.find(Optional.of(page.get(page.size() - 1)), PAGE);
    }
  }

  /** Returns those NARs of a page that belong to a pass, with their bytes. */
  private List<Candidate> measure(List<UsedNar> page, Pass pass) throws IOException {
    List<UsedNar> some =
        page.stream().filter(nar -> sparing.spares(nar) == (pass == Pass.SPARED)).toList();
    Map<Sha256, List<ManifestPart>> manifests =
        table.findParts(some.stream().filter(UsedNar::isChunked).map(UsedNar::hash).toList());
    List<Added> added = new ArrayList<>();
    Set<Long> asked = new HashSet<>();
    for (UsedNar nar : some) {
      Added one = add(nar, manifests.getOrDefault(nar.hash(), List.of()));
      added.add(one);
      Arrays.stream(one.chunks()).forEach(asked::add);
    }
    Map<Long, Long> bytes = table.storedBytesOfEach(asked);
    return added.stream().map(one -> one.candidate(bytes)).toList();
  }

  /**
   * What a NAR adds.
   *
   * @param bytes the length that is known
   * @param chunks other chunks that no NAR before had
   */
  private record Added(UsedNar nar, long bytes, long[] chunks) {
    Candidate candidate(Map<Long, Long> lengths) {
      long others = Arrays.stream(chunks).map(chunk -> lengths.getOrDefault(chunk, 0L)).sum();
      return new Candidate(nar, bytes + others);
    }
  }

  /** Adds a NAR's chunks. Those of a few NARs are looked up together, but not many chunks. */
  private Added add(UsedNar nar, List<ManifestPart> manifest) throws IOException {
    long bytes = nar.wholeBytes();
    LongStream.Builder few = LongStream.builder();
    for (ManifestPart part : manifest) {
      long[] added = chunks.addAll(part.numbers());
      if (added.length == part.numbers().length) {
        bytes += part.framesLength();
      } else if (added.length > FEW) {
        bytes += table.storedBytes(added);
      } else {
        Arrays.stream(added).forEach(few::add);
      }
    }
    return new Added(nar, bytes, few.build().toArray());
  }
}
