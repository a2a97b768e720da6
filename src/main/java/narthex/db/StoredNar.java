package narthex.db;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.nix.NarId;

/**
 * A stored NAR.
 *
 * @param id NarHash and NarSize
 * @param representations its representations in the order in which they were stored; at least one,
 *     at most one of each form and compression
 * @param storedAt when it was last fetched or uploaded, in milliseconds
 */
public record StoredNar(NarId id, List<Representation> representations, Instant storedAt) {

  /** Copies the representations. */
  public StoredNar {
    representations = List.copyOf(representations);
  }

  /** Finds the representation of this form and compression. */
  public Optional<Representation> find(Form form, Compression compression) {
    return representations.stream()
        .filter(one -> one.form() == form && one.compression() == compression)
        .findFirst();
  }

  /** Whether it is stored as chunks, possibly also whole. */
  public boolean isChunked() {
    return representations.stream().anyMatch(one -> one.form() == Form.CHUNKED);
  }
}
