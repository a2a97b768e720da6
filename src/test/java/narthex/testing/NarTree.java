package narthex.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file, symbolic link or directory that can be written as a NAR. Immutable. Format: Eelco
 * Dolstra's thesis, figure 5.2; a string is its length in 64 bits little-endian, its bytes, and
 * zeros up to a multiple of 8.
 */
public final class NarTree {
  private static final String MAGIC = "nix-archive-1";
  private static final int ALIGNMENT = 8;
  private static final int BLOCK_BYTES = 1 << 16;

  @FunctionalInterface
  private interface Node {
    void writeTo(Writer writer) throws IOException;
  }

  private final Node node;

  private NarTree(Node node) {
    this.node = node;
  }

  /** A file without the executable bit. */
  public static NarTree file(byte[] contents) {
    byte[] copy = contents.clone();
    return new NarTree(w -> w.texts("(", "type", "regular", "contents").string(copy).texts(")"));
  }

  /** A file without the executable bit, with this text in UTF-8. */
  public static NarTree file(String contents) {
    return file(contents.getBytes(StandardCharsets.UTF_8));
  }

  /** A file with the executable bit. */
  public static NarTree executable(byte[] contents) {
    byte[] copy = contents.clone();
    return new NarTree(
        w -> w.texts("(", "type", "regular", "executable", "", "contents").string(copy).texts(")"));
  }

  /** A symbolic link, which may dangle. */
  public static NarTree symlink(String target) {
    return new NarTree(w -> w.texts("(", "type", "symlink", "target", target, ")"));
  }

  /** A directory; its entries are sorted by their bytes. */
  public static NarTree directory(Map<String, NarTree> entries) {
    TreeMap<byte[], NarTree> sorted = new TreeMap<>(Arrays::compareUnsigned);
    entries.forEach((name, tree) -> sorted.put(name.getBytes(StandardCharsets.UTF_8), tree));
    return new NarTree(
        w -> {
          w.texts("(", "type", "directory");
          for (Map.Entry<byte[], NarTree> entry : sorted.entrySet()) {
            w.texts("entry", "(", "name").string(entry.getKey()).texts("node");
            entry.getValue().node.writeTo(w);
            w.texts(")");
          }
          w.texts(")");
        });
  }

  /** A file of random bytes, which depend on the seed only. */
  public static NarTree random(long seed, int sizeBytes) {
    byte[] contents = new byte[sizeBytes];
    new Random(seed).nextBytes(contents);
    return file(contents);
  }

  /**
   * A file that is generated on each write and never in memory as a whole: blocks of random bytes,
   * text and zeros in turn, which depend on the seed only.
   */
  public static NarTree mixed(long seed, long sizeBytes) {
    return new NarTree(
        w -> {
          w.texts("(", "type", "regular", "contents").length(sizeBytes);
          Random random = new Random(seed);
          byte[] block = new byte[BLOCK_BYTES];
          for (long done = 0; done < sizeBytes; done += BLOCK_BYTES) {
            fill(block, random, (int) (done / BLOCK_BYTES % 3));
            w.out.write(block, 0, (int) Math.min(BLOCK_BYTES, sizeBytes - done));
          }
          w.pad(sizeBytes).texts(")");
        });
  }

  /** The NAR of this tree. */
  public byte[] nar() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      writeNar(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Writes the NAR of this tree; the stream stays open. */
  public void writeNar(OutputStream out) throws IOException {
    node.writeTo(new Writer(out).texts(MAGIC));
  }

  private static void fill(byte[] block, Random random, int kind) {
    switch (kind) {
      case 0 -> random.nextBytes(block);
      case 1 -> {
        byte[] line =
            ("line " + random.nextInt() + " of a text\n").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < block.length; i++) {
          block[i] = line[i % line.length];
        }
      }
      default -> Arrays.fill(block, (byte) 0);
    }
  }

  private static final class Writer {
    private final OutputStream out;

    Writer(OutputStream out) {
      this.out = out;
    }

    Writer texts(String... texts) throws IOException {
      for (String text : texts) {
        string(text.getBytes(StandardCharsets.UTF_8));
      }
      return this;
    }

    Writer string(byte[] string) throws IOException {
      length(string.length);
      out.write(string);
      return pad(string.length);
    }

    Writer length(long length) throws IOException {
      out.write(
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      return this;
    }

    Writer pad(long length) throws IOException {
      out.write(new byte[(int) ((ALIGNMENT - length % ALIGNMENT) % ALIGNMENT)]);
      return this;
    }
  }
}
