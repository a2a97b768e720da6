package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/**
 * A NAR that is cut into chunks while it comes in, decoded from them. It can be read for as long as
 * somebody has this, also when it is stored.
 */
final class FollowedNar extends ManifestSource {
  private final DecoderSlots slots;
  private final @Nullable NarSource file;

  private FollowedNar(
      GrowingManifest manifest,
      @Nullable String entityTag,
      DecoderSlots slots,
      @Nullable NarSource file) {
    super(manifest, Compression.NONE, entityTag);
    this.slots = slots;
    this.file = file;
  }

  /**
   * Waits until the first byte is there.
   *
   * @param entityTag the NarHash, if it is known
   * @param file the file that comes in, which {@link #encoded} gives; closed with this
   * @throws IOException if no byte will come: a failure before the first one is told by a status
   */
  static FollowedNar open(
      GrowingManifest manifest,
      @Nullable String entityTag,
      DecoderSlots slots,
      @Nullable NarSource file)
      throws IOException {
    FollowedNar source = new FollowedNar(manifest, entityTag, slots, file);
    try {
      manifest.awaitByte(0);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
    return source;
  }

  @Override
  public InputStream open(long from) throws IOException {
    return slots.open(() -> super.open(from));
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    NarSource encoded = file;
    return encoded != null && encoded.compression() == wanted
        ? Optional.of(encoded)
        : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    NarSource encoded = file;
    if (encoded != null) {
      encoded.close();
    }
  }
}
