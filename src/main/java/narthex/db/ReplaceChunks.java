package narthex.db;

import java.time.Instant;
import java.util.List;
import narthex.nix.NarId;

/**
 * Replaces the chunked form of a NAR by a whole file; one attempt, in one transaction.
 *
 * <p>The lock of the NAR's row excludes the deletion of superseded files: it must not delete the
 * file between the two changes.
 */
final class ReplaceChunks {
  private final Mappers mappers;
  private final NarId nar;
  private final Representation whole;

  ReplaceChunks(Mappers mappers, NarId nar, Representation whole) {
    this.mappers = mappers;
    this.nar = nar;
    this.whole = whole;
  }

  /** Returns false, without a change, if the NAR has no chunks, or not the whole file. */
  boolean run(WholeFile origin) {
    RepresentationColumns file = RepresentationColumns.of(nar, whole, Instant.EPOCH);
    String key = file.narHash();
    mappers.nars().lockNar(key);
    List<RepresentationColumns> rows = mappers.nars().find(key);
    RepresentationColumns chunked =
        rows.stream()
            .filter(row -> row.form().equals(Form.CHUNKED.columnText()))
            .findFirst()
            .orElse(null);
    if (chunked == null) {
      return false;
    }
    boolean hasFile =
        origin == WholeFile.STORED
            ? rows.stream().anyMatch(row -> row.representation().equals(whole))
            : mappers.nars().storeRepresentation(file) > 0;
    return hasFile && new DeleteRepresentation(mappers, chunked).run(Instant.EPOCH);
  }
}
