package narthex.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file, a symbolic link or a directory that can be written as a NAR, held in memory. Immutable.
 * Format: Eelco Dolstra's thesis, figure 5.2; a string is its length in 64 bits little-endian, its
 * bytes, and zeros up to a multiple of 8.
 */
public final class NarTree {
  private static final String MAGIC = "nix-archive-1";
  private static final int ALIGNMENT = 8;

  private final byte[] node;

  private NarTree(Writer writer) {
    this.node = writer.bytes.toByteArray();
  }

  /** A file that cannot be executed. */
  public static NarTree file(byte[] contents) {
    return new NarTree(
        new Writer()
            .text("(")
            .text("type")
            .text("regular")
            .text("contents")
            .string(contents)
            .text(")"));
  }

  /** A file that cannot be executed, with this text in UTF-8. */
  public static NarTree file(String contents) {
    return file(contents.getBytes(StandardCharsets.UTF_8));
  }

  /** A file with the executable bit. */
  public static NarTree executable(byte[] contents) {
    Writer writer = new Writer().text("(").text("type").text("regular").text("executable").text("");
    return new NarTree(writer.text("contents").string(contents).text(")"));
  }

  /** A symbolic link, which may dangle. */
  public static NarTree symlink(String target) {
    return new NarTree(
        new Writer().text("(").text("type").text("symlink").text("target").text(target).text(")"));
  }

  /** A directory; the entries are put into the order of their bytes. */
  public static NarTree directory(Map<String, NarTree> entries) {
    TreeMap<byte[], NarTree> sorted = new TreeMap<>(java.util.Arrays::compareUnsigned);
    entries.forEach((name, tree) -> sorted.put(name.getBytes(StandardCharsets.UTF_8), tree));
    Writer writer = new Writer().text("(").text("type").text("directory");
    sorted.forEach(
        (name, tree) ->
            writer
                .text("entry")
                .text("(")
                .text("name")
                .string(name)
                .text("node")
                .raw(tree.node)
                .text(")"));
    return new NarTree(writer.text(")"));
  }

  /** A file of random bytes, always the same for the same seed. */
  public static NarTree random(long seed, int sizeBytes) {
    byte[] contents = new byte[sizeBytes];
    new Random(seed).nextBytes(contents);
    return file(contents);
  }

  /** The NAR of this tree. */
  public byte[] nar() {
    return new Writer().text(MAGIC).raw(node).bytes.toByteArray();
  }

  private static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Writer text(String text) {
      return string(text.getBytes(StandardCharsets.UTF_8));
    }

    Writer string(byte[] string) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.writeBytes(length.putLong(string.length).array());
      bytes.writeBytes(string);
      bytes.writeBytes(new byte[(ALIGNMENT - string.length % ALIGNMENT) % ALIGNMENT]);
      return this;
    }

    Writer raw(byte[] written) {
      bytes.writeBytes(written);
      return this;
    }
  }
}
