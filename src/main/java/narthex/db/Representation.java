package narthex.db;

import java.util.List;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * A stored representation of a NAR: a whole file, or chunks.
 *
 * @param form whole or chunked
 * @param compression compression of the file; {@code NONE} if chunked
 * @param fileHash FileHash of the file; NarHash if chunked
 * @param fileSizeBytes FileSize of the file; total length of the frames if chunked
 * @param extents the extents of the file in order; empty if chunked, since the manifest has a table
 *     of its own
 * @param framesHash SHA-256 of the concatenated frames if chunked; null while it is unknown
 */
public record Representation(
    Form form,
    Compression compression,
    Sha256 fileHash,
    long fileSizeBytes,
    List<Extent> extents,
    @Nullable Sha256 framesHash) {

  /** Copies the extents. */
  public Representation {
    extents = List.copyOf(extents);
  }

  /** A representation without a hash of its frames. */
  public Representation(
      Form form,
      Compression compression,
      Sha256 fileHash,
      long fileSizeBytes,
      List<Extent> extents) {
    this(form, compression, fileHash, fileSizeBytes, extents, null);
  }
}
