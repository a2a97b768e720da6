package narthex.serve;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.stream.BoundedInputStream;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/** A NAR that is decoded from a compressed source while it is read. */
final class DecodedSource implements NarSource {
  private final NarSource encoded;
  private final OptionalLong length;
  private final long maxBytes;
  private final @Nullable String entityTag;
  private final DecoderShare decoders;

  DecodedSource(NarSource encoded, NarId nar, DecoderShare decoders) {
    this.encoded = encoded;
    this.length = OptionalLong.of(nar.sizeBytes());
    this.maxBytes = nar.sizeBytes();
    this.entityTag = nar.hash().nix32();
    this.decoders = decoders;
  }

  /** Creates a source of a NAR whose hash and size aren't known, only its maximum size. */
  DecodedSource(NarSource encoded, long maxBytes, DecoderShare decoders) {
    this.encoded = encoded;
    this.length = OptionalLong.empty();
    this.maxBytes = maxBytes;
    this.entityTag = null;
    this.decoders = decoders;
  }

  @Override
  public Compression compression() {
    return Compression.NONE;
  }

  @Override
  public OptionalLong length() {
    return length;
  }

  @Override
  public Optional<String> entityTag() {
    return Optional.ofNullable(entityTag);
  }

  @Override
  public InputStream open(long from) throws IOException {
    return open(from, () -> {});
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    InputStream decoded = decode(encoded.open(0, watch));
    try {
      skip(decoded, from, watch);
      return decoded;
    } catch (IOException | RuntimeException e) {
      decoded.close();
      throw e;
    }
  }

  private InputStream decode(InputStream stored) {
    return new BoundedInputStream(
        decoders.decode(encoded.compression(), stored, maxBytes), maxBytes, "NAR");
  }

  /**
   * Skips decoded bytes. Skips in the same file wait for each other, but not while the file is
   * being downloaded: a slow upstream would block them all.
   */
  private void skip(InputStream decoded, long count, DecoderShare.Watch watch) throws IOException {
    Optional<String> tag = encoded.isComplete() ? encoded.entityTag() : Optional.empty();
    Object file = tag.isPresent() ? tag.get() : this;
    try {
      decoders.skip(file, decoded, count, watch);
    } catch (EOFException e) {
      throw new IOException("the NAR ended before offset " + count, e);
    }
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return wanted == encoded.compression() ? Optional.of(encoded) : Optional.empty();
  }

  @Override
  public boolean isComplete() {
    return encoded.isComplete();
  }

  @Override
  public void awaitComplete(DecoderShare.Watch watch) throws IOException {
    encoded.awaitComplete(watch);
  }

  @Override
  public void close() throws IOException {
    encoded.close();
  }
}
