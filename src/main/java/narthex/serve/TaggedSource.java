package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;

/** A source with another entity tag, or without one. */
final class TaggedSource extends DerivedSource {
  private final Optional<String> entityTag;

  private TaggedSource(NarSource source, Optional<String> entityTag) {
    super(source);
    this.entityTag = entityTag;
  }

  /** Returns the source with this entity tag, or without one if it is empty. */
  static NarSource of(NarSource source, Optional<String> entityTag) {
    return source.entityTag().equals(entityTag) ? source : new TaggedSource(source, entityTag);
  }

  @Override
  public Optional<String> entityTag() {
    return entityTag;
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    return source.open(from, watch);
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return source.encoded(wanted);
  }

  @Override
  public Optional<NarSource> coded() {
    return source.coded();
  }

  @Override
  public Optional<Path> localFile() {
    return source.localFile();
  }
}
