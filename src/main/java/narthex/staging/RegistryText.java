package narthex.staging;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import narthex.blob.Extent;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of the replicated registry, all text. Names of flights and replicas have no
 * spaces.
 *
 * <ul>
 *   <li>{@code <flight>}: the attempt that counts, see {@link StagedFlight#print}
 *   <li>{@code <flight> <holder> <epoch> <nth>}: a batch of the attempt, one extent a line
 *   <li>{@code <flight> <holder> <epoch> followed}: the attempt has followers; the value names one
 *   <li>{@code ! <replica> <number> <change>}: an announcement; the value is empty
 * </ul>
 */
final class RegistryText {
  private static final String FOLLOWED = "followed";
  private static final int ATTEMPT_FIELDS = 3;
  private static final int EXTENT_FIELDS = 5;

  private static final String ANNOUNCED = "!";
  private static final int CHANGE = 3;

  private RegistryText() {}

  /** An announcement of a replica. */
  record Announcement(String replica, String change) {}

  /** The key of an announcement. */
  static String announcementKey(String replica, long number, String change) {
    return String.join(" ", ANNOUNCED, replica, Long.toString(number), change);
  }

  /** The announcement in a key; empty if it is the key of something else. */
  static Optional<Announcement> announcement(String key) {
    String[] fields = key.split(" ", -1);
    return fields.length > CHANGE && fields[0].equals(ANNOUNCED)
        ? Optional.of(new Announcement(fields[1], fields[CHANGE]))
        : Optional.empty();
  }

  /** The key of a batch. */
  static String batchKey(StagedFlight attempt, int nth) {
    return attemptKey(attempt) + " " + nth;
  }

  /** The key of the followers. */
  static String followedKey(StagedFlight attempt) {
    return attemptKey(attempt) + " " + FOLLOWED;
  }

  /** The start of the keys of an attempt. */
  static String attemptKey(StagedFlight attempt) {
    return attempt.flight() + " " + attempt.holder() + " " + attempt.epoch();
  }

  /** The flight of any key. */
  static String flight(String key) {
    int space = key.indexOf(' ');
    return space < 0 ? key : key.substring(0, space);
  }

  /** The {@link #attemptKey} of the key of a batch or of followers; empty for another key. */
  static Optional<String> attemptOf(String key) {
    String[] fields = key.split(" ", -1);
    return fields.length == ATTEMPT_FIELDS + 1
        ? Optional.of(key.substring(0, key.lastIndexOf(' ')))
        : Optional.empty();
  }

  /** The attempt in a value; empty if there is none, or the value isn't one. */
  static Optional<StagedFlight> attempt(@Nullable String value) {
    try {
      return value == null ? Optional.empty() : Optional.of(StagedFlight.parse(value));
    } catch (IllegalArgumentException notOurs) {
      return Optional.empty();
    }
  }

  /** A batch as text. */
  static String print(List<Extent> extents) {
    StringBuilder lines = new StringBuilder();
    for (Extent extent : extents) {
      lines.append(extent.offset()).append(' ').append(extent.storedLength()).append(' ');
      lines.append(extent.length()).append(' ').append(extent.skip()).append(' ');
      lines.append(extent.blob()).append('\n');
    }
    return lines.toString();
  }

  /** The batch in a value; empty if there is none, or the value isn't one. */
  static Optional<List<Extent>> extents(@Nullable String value) {
    if (value == null) {
      return Optional.empty();
    }
    List<Extent> extents = new ArrayList<>();
    try {
      for (String line : value.lines().toList()) {
        String[] fields = line.split(" ", EXTENT_FIELDS);
        if (fields.length < EXTENT_FIELDS) {
          return Optional.empty();
        }
        extents.add(
            new Extent(
                fields[4],
                Long.parseLong(fields[0]),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3])));
      }
    } catch (IllegalArgumentException notOurs) {
      return Optional.empty();
    }
    return Optional.of(List.copyOf(extents));
  }
}
