package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import narthex.nix.NarListing;
import narthex.nix.NarText;

/**
 * Parses a NAR in one pass, as strictly as Nix: zero padding, sorted entries without duplicates,
 * valid names, no trailing bytes. It also rejects NARs that no file system could hold: with names
 * of more than {@value #MAX_NAME_BYTES} bytes, link targets that are empty, have a zero byte or
 * more than {@value #MAX_TARGET_BYTES} bytes, or more than {@value #MAX_DEPTH} nested directories.
 * Memory doesn't grow with the NAR.
 *
 * <p>Source: Nix, {@code src/libutil/archive.cc} and {@code serialise.cc}. A string is its length
 * in 64 bits little-endian, its bytes, and zeros up to a multiple of 8.
 */
public final class NarReader {
  /** Longest name of an entry, in bytes. */
  public static final int MAX_NAME_BYTES = NarListing.MAX_NAME_BYTES;

  /** Longest target of a symbolic link, in bytes. */
  public static final int MAX_TARGET_BYTES = NarListing.MAX_TARGET_BYTES;

  /** Deepest nesting of directories. */
  public static final int MAX_DEPTH = NarListing.MAX_DEPTH;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int ALIGNMENT = 8;

  /** Longest string read as a tag, in bytes; all tags are shorter. */
  private static final int MAX_TAG_BYTES = 16;

  /** Its prefixes are the invalid names: the empty name, {@code .} and {@code ..}. */
  private static final byte[] DOTS = {'.', '.'};

  private static final NarTag MAGIC = new NarTag("nix-archive-1");
  private static final NarTag OPEN = new NarTag("(");
  private static final NarTag CLOSE = new NarTag(")");
  private static final NarTag TYPE = new NarTag("type");
  private static final NarTag NAME = new NarTag("name");
  private static final NarTag NODE = new NarTag("node");
  private static final NarTag TARGET = new NarTag("target");

  /**
   * A regular file in a NAR.
   *
   * @param name its name in its directory; empty for the root
   * @param executable whether it has the executable bit
   * @param offset offset of the contents in the NAR, in bytes
   * @param sizeBytes length of the contents
   */
  public record RegularFile(String name, boolean executable, long offset, long sizeBytes) {}

  /**
   * Receives the contents of a NAR in its order. Names and targets are in the form of {@link
   * NarText}; the root has an empty name. An exception ends the parsing and passes unchanged.
   */
  public interface Visitor {
    /** A directory begins: all nodes up to its {@link #endDirectory} are in it. */
    default void beginDirectory(String name) throws IOException {}

    /** The innermost directory ends. */
    default void endDirectory() throws IOException {}

    /**
     * A regular file.
     *
     * @param contents the contents; valid until this method returns, which need not read them
     */
    default void file(RegularFile file, InputStream contents) throws IOException {}

    /** A symbolic link. */
    default void symlink(String name, String target) throws IOException {}
  }

  private final InputStream in;
  private final Visitor visitor;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final ByteBuffer numbers = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);

  /** The last name in each open directory, the innermost first. */
  private final Deque<byte[]> open = new ArrayDeque<>();

  private int next;
  private int limit;

  /** Number of bytes read from the stream so far. */
  private long end;

  private NarReader(InputStream in, Visitor visitor) {
    this.in = in;
    this.visitor = visitor;
  }

  /**
   * Parses a NAR up to the end of the stream, which stays open.
   *
   * @return the length of the NAR in bytes
   * @throws NotNarException if the bytes are not a valid NAR
   * @throws IOException if the stream or the visitor throws it
   */
  public static long read(InputStream nar, Visitor visitor) throws IOException {
    return new NarReader(nar, visitor).readArchive();
  }

  private long readArchive() throws IOException {
    if (!isNext(MAGIC)) {
      throw notNar("wrong magic");
    }
    readNode("");
    while (!open.isEmpty()) {
      String tag = readTag();
      switch (tag) {
        case ")" -> {
          open.pop();
          visitor.endDirectory();
          closeEntry();
        }
        case "entry" -> readEntry();
        default -> throw unexpected("'entry' or ')'", tag);
      }
    }
    if (next < limit || fill()) {
      throw notNar("trailing bytes");
    }
    return end;
  }

  private void readEntry() throws IOException {
    expect(OPEN);
    expect(NAME);
    byte[] name = readString("name", MAX_NAME_BYTES);
    checkName(name);
    if (Arrays.compareUnsigned(name, open.pop()) <= 0) {
      throw notNar("entries out of order");
    }
    open.push(name);
    expect(NODE);
    readNode(NarText.of(name));
  }

  private void readNode(String name) throws IOException {
    expect(OPEN);
    expect(TYPE);
    String type = readTag();
    switch (type) {
      case "regular" -> readFile(name);
      case "symlink" -> readSymlink(name);
      case "directory" -> {
        if (open.size() == MAX_DEPTH) {
          throw notNar("more than " + MAX_DEPTH + " nested directories");
        }
        open.push(new byte[0]);
        visitor.beginDirectory(name);
      }
      default -> throw unexpected("a file type", type);
    }
  }

  private void readFile(String name) throws IOException {
    String tag = readTag();
    boolean executable = tag.equals("executable");
    if (executable) {
      if (readLength() != 0) {
        throw notNar("the executable marker has a value");
      }
      tag = readTag();
    }
    if (!tag.equals("contents")) {
      throw unexpected("'contents'", tag);
    }
    long size = readLength();
    if (size > Long.MAX_VALUE - position() - ALIGNMENT) {
      throw notNar("impossible length of contents");
    }
    Contents contents = new Contents(size);
    visitor.file(new RegularFile(name, executable, position(), size), contents);
    contents.skipRest();
    skipPadding(size);
    expect(CLOSE);
    closeEntry();
  }

  private void readSymlink(String name) throws IOException {
    expect(TARGET);
    byte[] target = readString("target", MAX_TARGET_BYTES);
    if (target.length == 0 || contains(target, 0)) {
      throw notNar("invalid target of a symbolic link");
    }
    visitor.symlink(name, NarText.of(target));
    expect(CLOSE);
    closeEntry();
  }

  private void closeEntry() throws IOException {
    if (!open.isEmpty()) {
      expect(CLOSE);
    }
  }

  private void checkName(byte[] name) throws NotNarException {
    boolean isDots = name.length <= 2 && Arrays.equals(name, Arrays.copyOf(DOTS, name.length));
    if (isDots || contains(name, '/') || contains(name, 0)) {
      throw notNar("invalid name '" + printable(name) + "'");
    }
  }

  private void expect(NarTag tag) throws IOException {
    if (!isNext(tag)) {
      throw unexpected("'" + tag.text() + "'", readTag());
    }
  }

  /** Consumes this tag if it comes next; returns whether it did. */
  private boolean isNext(NarTag tag) throws IOException {
    require(Long.BYTES);
    if (numbers.getLong(next) != tag.text().length()) {
      return false;
    }
    require(tag.encodedLength());
    if (!tag.isAt(buffer, next)) {
      return false;
    }
    next += tag.encodedLength();
    return true;
  }

  private String readTag() throws IOException {
    return new String(readString("tag", MAX_TAG_BYTES), StandardCharsets.ISO_8859_1);
  }

  private byte[] readString(String what, int maxBytes) throws IOException {
    long length = readLength();
    if (length > maxBytes) {
      throw notNar(what + " too long: " + length + " bytes");
    }
    require((int) length);
    byte[] string = Arrays.copyOfRange(buffer, next, next + (int) length);
    next += (int) length;
    skipPadding(length);
    return string;
  }

  private long readLength() throws IOException {
    require(Long.BYTES);
    long length = numbers.getLong(next);
    if (length < 0) {
      throw notNar("impossible length of a string");
    }
    next += Long.BYTES;
    return length;
  }

  private void skipPadding(long length) throws IOException {
    int padding = (int) ((ALIGNMENT - length % ALIGNMENT) % ALIGNMENT);
    require(padding);
    for (int i = 0; i < padding; i++) {
      if (buffer[next] != 0) {
        throw notNar("non-zero padding");
      }
      next++;
    }
  }

  /** Reads until at least so many bytes, at most the buffer's size, are in the buffer. */
  private void require(int count) throws IOException {
    while (limit - next < count) {
      if (!fill()) {
        next = limit;
        throw notNar("unexpected end");
      }
    }
  }

  /** Reads once; false at the end of the stream. */
  private boolean fill() throws IOException {
    System.arraycopy(buffer, next, buffer, 0, limit - next);
    limit -= next;
    next = 0;
    return took(in.read(buffer, limit, buffer.length - limit), true);
  }

  private boolean took(int count, boolean buffered) {
    if (count < 0) {
      return false;
    }
    end += count;
    limit += buffered ? count : 0;
    return true;
  }

  private long position() {
    return end - (limit - next);
  }

  private NotNarException unexpected(String expected, String tag) {
    byte[] bytes = tag.getBytes(StandardCharsets.ISO_8859_1);
    return notNar("expected " + expected + ", found '" + printable(bytes) + "'");
  }

  private NotNarException notNar(String reason) {
    return new NotNarException(reason, position());
  }

  private static boolean contains(byte[] bytes, int value) {
    for (byte b : bytes) {
      if (b == value) {
        return true;
      }
    }
    return false;
  }

  private static String printable(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(bytes.length, 2 * MAX_TAG_BYTES); i++) {
      text.append(bytes[i] >= ' ' && bytes[i] < 127 ? (char) bytes[i] : '?');
    }
    return text.toString();
  }

  /** The contents of one file. */
  private final class Contents extends SpanInputStream {
    private long left;

    Contents(long size) {
      this.left = size;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (length == 0) {
        return 0;
      }
      if (left == 0) {
        return -1;
      }
      int wanted = (int) Math.min(left, length);
      int count = limit - next > 0 ? copyBuffered(bytes, offset, wanted) : 0;
      while (count == 0) {
        count = in.read(bytes, offset, wanted);
        if (!took(count, false)) {
          throw notNar("unexpected end");
        }
      }
      left -= count;
      return count;
    }

    private int copyBuffered(byte[] bytes, int offset, int wanted) {
      int count = Math.min(wanted, limit - next);
      System.arraycopy(buffer, next, bytes, offset, count);
      next += count;
      return count;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(left, limit - next > 0 ? limit - next : in.available());
    }

    /** Skips the bytes that the visitor didn't read. */
    void skipRest() throws IOException {
      int buffered = (int) Math.min(left, limit - next);
      next += buffered;
      left -= buffered;
      while (left > 0) { // the buffer is empty: use it as scratch space
        next = 0;
        limit = 0;
        read(buffer, 0, buffer.length);
      }
    }
  }
}
