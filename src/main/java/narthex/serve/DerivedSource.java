package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;

/**
 * A source that is derived from another one and complete when that one is. Says the same of itself,
 * unless it is told otherwise.
 */
abstract class DerivedSource implements NarSource {
  /** The other source, which is closed with this one. */
  final NarSource source;

  DerivedSource(NarSource source) {
    this.source = source;
  }

  @Override
  public Compression compression() {
    return source.compression();
  }

  @Override
  public OptionalLong length() {
    return source.length();
  }

  @Override
  public Optional<String> entityTag() {
    return source.entityTag();
  }

  @Override
  public final InputStream open(long from) throws IOException {
    return open(from, () -> {});
  }

  @Override
  public boolean isComplete() {
    return source.isComplete();
  }

  @Override
  public void awaitComplete(DecoderShare.Watch watch) throws IOException {
    source.awaitComplete(watch);
  }

  @Override
  public final void close() throws IOException {
    source.close();
  }
}
