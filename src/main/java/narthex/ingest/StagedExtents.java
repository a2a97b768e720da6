package narthex.ingest;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import narthex.blob.Extent;
import org.jspecify.annotations.Nullable;

/** What another replica has staged of a NAR so far, in order. Thread-safe. */
final class StagedExtents {
  private final int atOnce;

  /** By the offset of their first byte; guarded by this. */
  private final NavigableMap<Long, Extent> extents = new TreeMap<>();

  private long length; // of the extents, decoded; guarded by this

  /**
   * @param atOnce the most extents of a {@link Run}
   */
  StagedExtents(int atOnce) {
    this.atOnce = atOnce;
  }

  /** Some extents, and the offset of the first byte of the first one. */
  record Run(long start, List<Extent> extents) {
    /** The first extent. */
    Extent first() {
      return extents.get(0);
    }
  }

  /** Adds the next extents. Returns how many bytes they have, decoded. */
  synchronized long add(List<Extent> next) {
    long before = length;
    for (Extent extent : next) {
      extents.put(length, extent);
      length += extent.length();
    }
    return length - before;
  }

  /** The number of bytes that are staged, decoded. */
  synchronized long length() {
    return length;
  }

  /** The extent with this byte and the ones after it; null if it isn't staged. */
  synchronized @Nullable Run run(long position) {
    Long start = position < length ? extents.floorKey(position) : null;
    return start == null
        ? null
        : new Run(start, extents.tailMap(start).values().stream().limit(atOnce).toList());
  }
}
