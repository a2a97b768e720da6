package narthex.stream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Passes on another stream and checks that it starts like a NAR: with the magic and the type of a
 * node. Reports as soon as the start is complete. For one thread.
 */
public final class NarStartInputStream extends PassingInputStream {
  private static final NarTag MAGIC = new NarTag("nix-archive-1");
  private static final NarTag OPEN = new NarTag("(");
  private static final NarTag TYPE = new NarTag("type");
  private static final List<byte[]> STARTS =
      List.of(start("regular"), start("directory"), start("symlink"));

  /** So many bytes of a NAR are enough for the check. */
  static final int LONGEST_BYTES =
      STARTS.stream().mapToInt(start -> start.length).max().orElseThrow();

  private final Runnable begun;
  private final byte[] seen = new byte[LONGEST_BYTES];
  private int count;
  private boolean isKnown;

  /**
   * @param in the stream; closed with this one
   * @param begun called once by the reading thread, when the start is complete
   */
  public NarStartInputStream(InputStream in, Runnable begun) {
    super(in);
    this.begun = begun;
  }

  /**
   * Reads and checks.
   *
   * @throws NotNarException if the bytes can't be the start of a NAR
   */
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = in.read(bytes, offset, length);
    if (!isKnown) {
      if (read < 0) {
        throw new NotNarException("unexpected end", count);
      }
      check(bytes, offset, read);
    }
    return read;
  }

  private void check(byte[] bytes, int offset, int length) throws NotNarException {
    int more = Math.min(length, seen.length - count);
    System.arraycopy(bytes, offset, seen, count, more);
    count += more;
    boolean isPossible = false;
    for (byte[] start : STARTS) {
      int known = Math.min(count, start.length);
      if (Arrays.equals(seen, 0, known, start, 0, known)) {
        isPossible = true;
        isKnown |= known == start.length;
      }
    }
    if (!isPossible) {
      throw new NotNarException("wrong first bytes", count);
    }
    if (isKnown) {
      begun.run();
    }
  }

  private static byte[] start(String type) {
    ByteArrayOutputStream start = new ByteArrayOutputStream();
    for (NarTag tag : List.of(MAGIC, OPEN, TYPE, new NarTag(type))) {
      start.writeBytes(tag.encoded());
    }
    return start.toByteArray();
  }
}
