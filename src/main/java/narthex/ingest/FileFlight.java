package narthex.ingest;

import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.staging.Arrival;
import org.jspecify.annotations.Nullable;

/**
 * A NAR file that is brought in by its name alone. One thread brings it in; any number wait. Safe
 * for use by many threads.
 */
public final class FileFlight extends Arrival<FileFlight.Opened> {
  /**
   * The file that is coming.
   *
   * @param manifest its bytes
   * @param compression its compression, which may be another than that of the name asked for
   * @param fileHash what it must hash to
   * @param nar the NAR itself, decoded, if it is cut into chunks while it comes
   */
  public record Opened(
      GrowingManifest manifest,
      Compression compression,
      Sha256 fileHash,
      @Nullable GrowingManifest nar)
      implements Coming {
    /** Whether the NAR can be sent from it under a name of this compression. */
    public boolean fits(Compression wanted) {
      return wanted == Compression.NONE || wanted == compression;
    }
  }

  private final NarFileName asked;

  FileFlight(NarFileName asked) {
    this.asked = asked;
  }

  /** The name that was asked for first. */
  public NarFileName asked() {
    return asked;
  }
}
