package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.store.PopularFiles;
import narthex.stream.DecoderShare;

/**
 * A stored NAR that has to be made from its chunks or decoded for each client, until it is popular
 * and a local file has the same bytes.
 */
final class PopularSource extends DerivedSource {
  private final PopularFiles files;
  private final PopularFiles.Body body;

  private PopularSource(NarSource source, PopularFiles files, PopularFiles.Body body) {
    super(source);
    this.files = files;
    this.body = body;
  }

  /** Returns the source itself if it is a local file, or has no known length or no entity tag. */
  static NarSource of(NarSource source, NarId nar, PopularFiles files) {
    OptionalLong bytes = source.length();
    Optional<String> tag = source.entityTag();
    if (bytes.isEmpty() || tag.isEmpty() || source.localFile().isPresent()) {
      return source;
    }
    PopularFiles.Body body =
        new PopularFiles.Body(nar, source.compression(), tag.get(), bytes.getAsLong());
    return new PopularSource(source, files, body);
  }

  @Override
  public Optional<Path> localFile() {
    return files.find(body);
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    Optional<Path> file = localFile();
    if (file.isPresent()) {
      try {
        return open(file.get(), from);
      } catch (IOException unreadable) {
        files.forget(body, file.get());
      }
    }
    if (from == 0) {
      files.noteReading(body, () -> source.open(0));
    }
    return source.open(from, watch);
  }

  private static InputStream open(Path file, long from) throws IOException {
    InputStream in = Files.newInputStream(file);
    try {
      in.skipNBytes(from);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return source.encoded(wanted).map(other -> of(other, body.nar(), files));
  }

  @Override
  public Optional<NarSource> coded() {
    return source.coded().map(other -> of(other, body.nar(), files));
  }
}
