package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;

/** A range of the bytes of a NAR, such as the contents of a file in it. */
public final class PartSource extends DerivedSource {
  private final long offset;
  private final long length;
  private final String entityTag;

  /**
   * Creates a source of {@code length} bytes of a NAR, starting at {@code offset}.
   *
   * @param nar the uncompressed NAR; closing this source closes it
   * @param entityTag strong entity tag of these bytes, without quotes
   */
  public PartSource(NarSource nar, long offset, long length, String entityTag) {
    super(nar);
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
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    return new PartInputStream(source.open(offset + from, watch), length - from);
  }

  /** Ends after the given number of bytes. */
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
