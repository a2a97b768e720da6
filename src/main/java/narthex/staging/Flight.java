package narthex.staging;

import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * One NAR file that is being brought in. The holder opens it, then lets it land or fail; any number
 * of threads wait for that. Safe for use by many threads.
 */
public final class Flight extends Arrival<Flight.Opened> {
  /**
   * What makes two flights the same.
   *
   * @param narHash the NAR
   * @param compression the compression of the file that is fetched
   */
  public record Key(Sha256 narHash, Compression compression) {}

  /**
   * The file that is coming. Two files of one NAR may differ, so what names its bytes goes with it.
   *
   * @param manifest its bytes
   * @param fileHash the FileHash it must turn out to have, if that was announced
   * @param nar the NAR itself, decoded, if it is cut into chunks while it comes
   */
  public record Opened(
      GrowingManifest manifest, @Nullable Sha256 fileHash, @Nullable GrowingManifest nar)
      implements Coming {}

  private final NarId nar;
  private final Compression compression;

  /** A flight of this NAR in this compression that has not begun. */
  public Flight(NarId nar, Compression compression) {
    this.nar = nar;
    this.compression = compression;
  }

  /** What makes another flight the same as this. */
  public Key key() {
    return new Key(nar.hash(), compression);
  }

  /** The NAR that is brought in. */
  public NarId nar() {
    return nar;
  }

  /** The compression of the file that is fetched. */
  public Compression compression() {
    return compression;
  }
}
