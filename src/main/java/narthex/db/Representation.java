package narthex.db;

import java.util.List;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * One way in which a NAR is stored.
 *
 * @param form whole, as one compressed file; or as chunks
 * @param compression the compression of that file; {@code NONE} for chunks
 * @param fileHash FileHash: the hash of the compressed file; NarHash for chunks
 * @param fileSizeBytes FileSize: its length; the sum of the frames for chunks
 * @param extents where its bytes are, in order; none for chunks, whose manifest has its own table
 * @param framesHash the hash of the frames of chunks, back to back; null if it is not known (yet)
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

  /** One of whose frames no hash is known. */
  public Representation(
      Form form,
      Compression compression,
      Sha256 fileHash,
      long fileSizeBytes,
      List<Extent> extents) {
    this(form, compression, fileHash, fileSizeBytes, extents, null);
  }
}
