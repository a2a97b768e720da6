package narthex.db;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.nix.NarId;

/**
 * A NAR of which at least one representation is stored.
 *
 * @param id NarHash and NarSize
 * @param representations how it is stored, never empty, at most one of each form and compression,
 *     in the order in which they came
 * @param storedAt when it was last brought here, to the millisecond
 */
public record StoredNar(NarId id, List<Representation> representations, Instant storedAt) {

  /** Copies the representations. */
  public StoredNar {
    representations = List.copyOf(representations);
  }

  /** Returns the representation of that form and compression. */
  public Optional<Representation> find(Form form, Compression compression) {
    return representations.stream()
        .filter(one -> one.form() == form && one.compression() == compression)
        .findFirst();
  }

  /** Whether it is stored as chunks, whatever else there is of it. */
  public boolean isChunked() {
    return representations.stream().anyMatch(one -> one.form() == Form.CHUNKED);
  }
}
