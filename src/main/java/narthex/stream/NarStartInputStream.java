package narthex.stream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Passes on what is read, and tells as soon as it is known to begin as every NAR does: with the
 * magic word and a node. Fails where it does not.
 */
public final class NarStartInputStream extends PassingInputStream {
  private static final NarTag MAGIC = new NarTag("nix-archive-1");
  private static final NarTag OPEN = new NarTag("(");
  private static final NarTag TYPE = new NarTag("type");
  private static final List<byte[]> STARTS =
      List.of(start("regular"), start("directory"), start("symlink"));

  /** So many decoded bytes are enough to know. */
  static final int LONGEST_BYTES =
      STARTS.stream().mapToInt(start -> start.length).max().orElseThrow();

  private final Runnable begun;
  private final byte[] seen = new byte[LONGEST_BYTES];
  private int count;
  private boolean isKnown;

  /**
   * @param begun runs once, in the reading thread, when the start was seen
   */
  public NarStartInputStream(InputStream in, Runnable begun) {
    super(in);
    this.begun = begun;
  }

  /**
   * Reads.
   *
   * @throws NotNarException if no NAR begins so
   */
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = in.read(bytes, offset, length);
    if (!isKnown) {
      if (read < 0) {
        throw new NotNarException("it ends", count);
      }
      look(bytes, offset, read);
    }
    return read;
  }

  private void look(byte[] bytes, int offset, int length) throws NotNarException {
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
      throw new NotNarException("it does not begin as one", count);
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
