package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;

/** Some of the bytes of a NAR: the contents of a file in it. */
final class PartSource implements NarSource {
  private final NarSource nar;
  private final long offset;
  private final long length;
  private final String entityTag;

  /**
   * So many bytes from this offset on.
   *
   * @param nar the NAR itself, not compressed
   */
  PartSource(NarSource nar, long offset, long length, String entityTag) {
    this.nar = nar;
    this.offset = offset;
    this.length = length;
    this.entityTag = entityTag;
  }

  @Override
  public Compression compression() {
    return Compression.NONE;
  }

  @Override
  public OptionalLong length() {
    return OptionalLong.of(length);
  }

  @Override
  public Optional<String> entityTag() {
    return Optional.of(entityTag);
  }

  @Override
  public InputStream open(long from) throws IOException {
    return open(from, () -> {});
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    return new PartInputStream(nar.open(offset + from, watch), length - from);
  }

  @Override
  public boolean isComplete() {
    return nar.isComplete();
  }

  @Override
  public void awaitComplete() throws IOException {
    nar.awaitComplete();
  }

  @Override
  public void close() throws IOException {
    nar.close();
  }

  /** Ends after so many bytes. */
  private static final class PartInputStream extends PassingInputStream {
    private long left;

    PartInputStream(InputStream in, long left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (left == 0) {
        return length == 0 ? 0 : -1;
      }
      int count = in.read(bytes, offset, (int) Math.min(left, length));
      left -= Math.max(count, 0);
      return count;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(in.available(), left);
    }
  }
}
