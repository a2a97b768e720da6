package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import narthex.stream.DecoderShare;

/** A source that is derived from another one and complete when that one is. */
abstract class DerivedSource implements NarSource {
  /** The other source, which is closed with this one. */
  final NarSource source;

  DerivedSource(NarSource source) {
    this.source = source;
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
