package narthex.staging;

import java.util.List;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * What the replicas know of one attempt at a flight. Immutable.
 *
 * @param flight the name of the flight, see {@link Flight.Key#name}
 * @param holder the replica that brings the NAR in
 * @param epoch number of the attempt, greater than that of each attempt before that its holder
 *     knows; a holder uses it once
 * @param state how far it is
 * @param content what is staged; null before the first bytes are known to be a NAR
 */
public record StagedFlight(
    String flight, String holder, long epoch, State state, @Nullable Content content) {

  /** How far a flight is. */
  public enum State {
    /** The holder brings the NAR in. */
    ACTIVE,
    /** The holder verified and stored the NAR: all bytes that it staged are right. */
    STORED,
    /** The holder gave up. What it staged may be wrong. */
    FAILED
  }

  /**
   * What the staged extents hold.
   *
   * @param form whether they hold a file or chunks
   * @param compression of the file that comes in
   * @param fileHash the announced FileHash of the file; null if unknown
   * @param nar the announced NarHash and NarSize; null if unknown
   * @param length of what the extents hold, decoded, in bytes, if it was announced
   */
  public record Content(
      Form form,
      Compression compression,
      @Nullable Sha256 fileHash,
      @Nullable NarId nar,
      OptionalLong length) {}

  /** What staged extents hold. */
  public enum Form {
    /** The file as it comes in. */
    FILE,
    /** The NAR, as chunks in zstd frames. */
    CHUNKS
  }

  private static final int FIELDS = 10;
  private static final String NONE = "-";

  /** A new attempt. The holder must not have had one with this epoch before. */
  public static StagedFlight begin(String flight, String holder, long epoch) {
    return new StagedFlight(flight, holder, epoch, State.ACTIVE, null);
  }

  /** This attempt, of which the content is known. */
  public StagedFlight with(Content known) {
    return new StagedFlight(flight, holder, epoch, state, known);
  }

  /** This attempt at its end. */
  public StagedFlight ended(State end) {
    return new StagedFlight(flight, holder, epoch, end, content);
  }

  /** Whether both are the same attempt of the same holder. */
  public boolean isSameAttempt(StagedFlight other) {
    return flight.equals(other.flight) && holder.equals(other.holder) && epoch == other.epoch;
  }

  /** One line that {@link #parse} reads; the wire format between replicas. */
  public String print() {
    Content known = content;
    List<String> said =
        known == null
            ? List.of(NONE, NONE, NONE, NONE, NONE, NONE)
            : List.of(
                known.form().name(),
                known.compression().name(),
                print(known.fileHash()),
                known.nar() == null ? NONE : known.nar().hash().nix32(),
                known.nar() == null ? NONE : Long.toString(known.nar().sizeBytes()),
                known.length().isEmpty() ? NONE : Long.toString(known.length().getAsLong()));
    return String.join(" ", flight, holder, Long.toString(epoch), state.name())
        + " "
        + String.join(" ", said);
  }

  private static String print(@Nullable Sha256 hash) {
    return hash == null ? NONE : hash.nix32();
  }

  /**
   * Parses a line of {@link #print}.
   *
   * @throws IllegalArgumentException if it isn't one
   */
  public static StagedFlight parse(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != FIELDS) {
      throw new IllegalArgumentException("not a staged flight: " + line);
    }
    StagedFlight bare =
        new StagedFlight(
            fields[0], fields[1], Long.parseLong(fields[2]), State.valueOf(fields[3]), null);
    return fields[4].equals(NONE) ? bare : bare.with(content(fields));
  }

  private static Content content(String[] fields) {
    Sha256 narHash = hash(fields[7]);
    return new Content(
        Form.valueOf(fields[4]),
        Compression.valueOf(fields[5]),
        hash(fields[6]),
        narHash == null ? null : new NarId(narHash, Long.parseLong(fields[8])),
        fields[9].equals(NONE) ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(fields[9])));
  }

  private static @Nullable Sha256 hash(String field) {
    return field.equals(NONE) ? null : Sha256.parseNix32(field);
  }
}
