package narthex.db;

import java.util.List;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.nix.Sha256;

/**
 * One way in which a NAR is stored.
 *
 * @param form whole, as one compressed file
 * @param compression the compression of that file
 * @param fileHash FileHash: the hash of the compressed file
 * @param fileSizeBytes FileSize: its length
 * @param extents where its bytes are, in order
 */
public record Representation(
    Form form, Compression compression, Sha256 fileHash, long fileSizeBytes, List<Extent> extents) {

  /** Copies the extents. */
  public Representation {
    extents = List.copyOf(extents);
  }
}
