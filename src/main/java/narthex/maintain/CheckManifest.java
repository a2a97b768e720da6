package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.ManifestPart;
import narthex.db.NoSuchChunkException;
import narthex.nix.NarId;

/**
 * Checks the manifest of a chunked NAR against the rows of its chunks: it has no gap, it is as long
 * as the NAR, and no chunk is missing or known to be damaged. Holds one part at a time.
 */
final class CheckManifest {
  private final Database database;

  CheckManifest(Database database) {
    this.database = database;
  }

  /** Returns what is wrong, in one line. */
  Optional<String> look(NarId nar) throws IOException {
    long offset = 0;
    for (int index = 0; offset < nar.sizeBytes(); index++) {
      Optional<ManifestPart> found = database.chunks().findPart(nar.hash(), offset);
      if (found.isEmpty() || found.get().narOffset() != offset || found.get().part() != index) {
        return Optional.of(
            String.format(Locale.ROOT, "its manifest has no part %d at %d", index, offset));
      }
      Optional<String> problem = look(found.get());
      if (problem.isPresent()) {
        return problem;
      }
      offset += found.get().length();
    }
    return offset == nar.sizeBytes()
        ? Optional.empty()
        : Optional.of(
            String.format(Locale.ROOT, "its manifest has %d of %d bytes", offset, nar.sizeBytes()));
  }

  private Optional<String> look(ManifestPart part) throws IOException {
    List<ChunkPlace> places;
    try {
      places = database.chunks().places(part.numbers());
    } catch (NoSuchChunkException missing) {
      return Optional.of(String.valueOf(missing.getMessage()));
    }
    long length = places.stream().mapToLong(ChunkPlace::length).sum();
    if (length != part.length() || length == 0) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "the chunks of part %d have %d of %d bytes",
              part.part(),
              length,
              part.length()));
    }
    long damaged = database.fsck().countDamaged(part.numbers());
    return damaged == 0
        ? Optional.empty()
        : Optional.of(
            String.format(Locale.ROOT, "%d chunks of part %d are damaged", damaged, part.part()));
  }
}
