package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.chunk.NarDroppedException;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import narthex.stream.EncodingInputStream;
import narthex.stream.SpanInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A source whose streams go on when the NAR is evicted, or stored in another form, while a slow
 * client reads it: they find the NAR again, fetched if necessary, and read on at their offset. Only
 * bytes with the same entity tag are joined. Damage breaks a stream, as it does without this.
 */
final class ContinuedSource extends DerivedSource {
  private static final System.Logger LOG = System.getLogger(ContinuedSource.class.getName());

  /** Searches without any byte between them; a NAR that is dropped so often can't be read. */
  private static final int ATTEMPTS = 3;

  private final Again again;

  /** The other source that a stream goes on with, else the source itself. */
  private volatile NarSource reading;

  /** Finds the NAR under the same name again. */
  @FunctionalInterface
  interface Again {
    /** Returns a source, which the caller closes; empty if nobody has it any more. */
    Optional<NarSource> find() throws IOException;
  }

  private ContinuedSource(NarSource source, Again again) {
    super(source);
    this.again = again;
    this.reading = source;
  }

  /** Returns the source itself if nothing tells that other bytes are the same. */
  static NarSource of(NarSource source, Again again) {
    return source.entityTag().isEmpty() || source.length().isEmpty()
        ? source
        : new ContinuedSource(source, again);
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return source.encoded(wanted);
  }

  @Override
  public Optional<NarSource> coded() {
    return source
        .coded()
        .map(coded -> coded.length().isEmpty() ? new Coded(coded) : of(coded, this::codedAgain));
  }

  private Optional<NarSource> codedAgain() throws IOException {
    Optional<NarSource> found = again.find();
    return found.isEmpty() ? found : Optional.of(found.get().coded().orElse(found.get()));
  }

  @Override
  public Optional<Path> localFile() {
    return source.localFile();
  }

  @Override
  public boolean isComplete() {
    return source.isComplete() && reading.isComplete();
  }

  /**
   * Waits for the other source too, so that the end of a range is withheld until it is verified.
   */
  @Override
  public void awaitComplete(DecoderShare.Watch watch) throws IOException {
    source.awaitComplete(watch);
    reading.awaitComplete(watch);
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    try {
      return new Continued(source.open(from, watch), from, watch);
    } catch (NarDroppedException | BlobLostException dropped) {
      return openAgain(from, watch, dropped);
    }
  }

  /** Opens the rest of the NAR, and goes on if that is dropped too. */
  private InputStream openAgain(long from, DecoderShare.Watch watch, IOException dropped)
      throws IOException {
    Continued rest = new Continued(InputStream.nullInputStream(), from, watch);
    try {
      rest.goOn(dropped);
      return rest;
    } catch (IOException | RuntimeException e) {
      rest.close();
      throw e;
    }
  }

  private NarSource findAgain(long offset, IOException dropped) throws IOException {
    LOG.log(
        Level.INFO,
        "nar was dropped under a reader, which goes on entityTag={0} offset={1} reason={2}",
        source.entityTag().orElse(""),
        Long.toString(offset),
        dropped.getMessage());
    NarSource found = again.find().orElseThrow(() -> dropped);
    if (!found.entityTag().equals(source.entityTag())) {
      found.close();
      throw dropped;
    }
    return found;
  }

  /** Not thread-safe. */
  private final class Continued extends SpanInputStream {
    private final DecoderShare.Watch watch;
    private final long length = source.length().orElseThrow();
    private InputStream in;
    private NarSource other = source;
    private long position;
    private int attempts;
    private @Nullable IOException failure;

    Continued(InputStream in, long from, DecoderShare.Watch watch) {
      this.in = in;
      this.position = from;
      this.watch = watch;
    }

    @Override
    public int read(byte[] bytes, int offset, int wanted) throws IOException {
      Objects.checkFromIndexSize(offset, wanted, bytes.length);
      if (failure != null) {
        throw failure;
      }
      try {
        return readOn(bytes, offset, wanted);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    private int readOn(byte[] bytes, int offset, int wanted) throws IOException {
      while (true) {
        try {
          int count = in.read(bytes, offset, wanted);
          if (count > 0) {
            position += count;
            attempts = 0;
            requireComplete();
          }
          return count;
        } catch (NarDroppedException | BlobLostException dropped) {
          goOn(dropped);
        }
      }
    }

    /** Finds the NAR again, also if it is dropped again before it is opened. */
    private void goOn(IOException reason) throws IOException {
      IOException dropped = reason;
      while (attempts < ATTEMPTS) {
        attempts++;
        in.close(); // gives its memory back before the next stream asks for some
        in = nullInputStream();
        closeOther();
        other = findAgain(position, dropped);
        reading = other;
        try {
          in = other.open(position, watch);
          return;
        } catch (NarDroppedException | BlobLostException again) {
          dropped = again;
        }
      }
      throw dropped;
    }

    /** Withholds the last bytes of another source until they are verified. */
    private void requireComplete() throws IOException {
      if (position == length && other != source) {
        other.awaitComplete(watch);
      }
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }

    private void closeOther() throws IOException {
      NarSource closed = other;
      other = source;
      reading = source;
      if (closed != source) {
        closed.close();
      }
    }

    @Override
    public void close() throws IOException {
      try {
        in.close();
      } finally {
        closeOther();
      }
    }
  }

  /** Goes on with frames that are made of the NAR that was found again. */
  private final class Coded extends DerivedSource {
    Coded(NarSource coded) {
      super(coded);
    }

    @Override
    public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
      try {
        return new CodedStream(source.open(from, watch), watch);
      } catch (NarDroppedException dropped) {
        return new EncodingInputStream(Compression.ZSTD, openAgain(from, watch, dropped));
      }
    }
  }

  /** Frames of a NAR, each as it is stored or made again. Not thread-safe. */
  private final class CodedStream extends SpanInputStream {
    private final DecoderShare.Watch watch;
    private InputStream in;
    private @Nullable InputStream found;

    CodedStream(InputStream in, DecoderShare.Watch watch) {
      this.in = in;
      this.watch = watch;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return in.read(bytes, offset, length);
      } catch (NarDroppedException dropped) {
        if (found != null) {
          throw dropped;
        }
        in.close();
        InputStream rest = openAgain(dropped.narOffset(), watch, dropped);
        found = rest;
        in = new EncodingInputStream(Compression.ZSTD, rest);
        return in.read(bytes, offset, length);
      }
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
