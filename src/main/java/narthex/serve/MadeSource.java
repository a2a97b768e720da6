package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import narthex.stream.EncodingInputStream;

/**
 * A NAR that is compressed while it is read. Its bytes are not reproducible, so it has no entity
 * tag.
 */
final class MadeSource extends DerivedSource {
  private final Compression compression;

  /**
   * @param nar the NAR itself; closed with this
   */
  MadeSource(NarSource nar, Compression compression) {
    super(nar);
    this.compression = compression;
  }

  /** Returns a file of this NAR, without an entity tag. Compresses it unless it is stored so. */
  static NarSource fileOf(NarSource nar, Compression wanted) {
    NarSource file = nar.encoded(wanted).orElseGet(() -> new MadeSource(nar, wanted));
    return TaggedSource.of(file, Optional.empty());
  }

  @Override
  public Compression compression() {
    return compression;
  }

  @Override
  public OptionalLong length() {
    return OptionalLong.empty();
  }

  @Override
  public Optional<String> entityTag() {
    return Optional.empty();
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    InputStream made = encode(source.open(0, watch));
    try {
      made.skipNBytes(from);
      return made;
    } catch (IOException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private InputStream encode(InputStream plain) throws IOException {
    try {
      return new EncodingInputStream(compression, plain);
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }
}
