package narthex.serve;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.stream.BoundedInputStream;

/** The NAR that another source holds compressed, decoded while it is read. */
final class DecodedSource implements NarSource {
  private final NarSource encoded;
  private final NarId nar;
  private final DecoderSlots slots;

  DecodedSource(NarSource encoded, NarId nar, DecoderSlots slots) {
    this.encoded = encoded;
    this.nar = nar;
    this.slots = slots;
  }

  @Override
  public Compression compression() {
    return Compression.NONE;
  }

  @Override
  public OptionalLong length() {
    return OptionalLong.of(nar.sizeBytes());
  }

  @Override
  public Optional<String> entityTag() {
    return Optional.of(nar.hash().nix32());
  }

  @Override
  public InputStream open(long from) throws IOException {
    InputStream decoded = decode(encoded.open(0));
    try {
      skip(decoded, from);
      return decoded;
    } catch (IOException | RuntimeException e) {
      decoded.close();
      throw e;
    }
  }

  private InputStream decode(InputStream stored) throws IOException {
    try {
      return new BoundedInputStream(
          slots.decode(encoded.compression(), stored), nar.sizeBytes(), "NAR");
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  private static void skip(InputStream decoded, long count) throws IOException {
    try {
      decoded.skipNBytes(count);
    } catch (EOFException e) {
      throw new IOException("the NAR ended before offset " + count, e);
    }
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return wanted == encoded.compression() ? Optional.of(encoded) : Optional.empty();
  }

  @Override
  public void awaitComplete() throws IOException {
    encoded.awaitComplete();
  }
}
