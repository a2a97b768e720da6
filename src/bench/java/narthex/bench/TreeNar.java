package narthex.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes NARs from a sample of this machine's files: programs, libraries and texts, like those in
 * store paths. Can also write a near-identical NAR like that of a rebuild; see {@link Build}.
 */
public final class TreeNar {
  private static final long MOST_FILE_BYTES = 32 << 20;
  private static final int LEAST_EDITED_BYTES = 1 << 10;

  /** Every third file contains its own store path, which differs in a rebuild. */
  private static final int NAMING = 3;

  /** One in so many files of the rebuild is some bytes longer. */
  private static final int LONGER = 20;

  /** One in so many files of the rebuild has another name. */
  private static final int RENAMED = 40;

  /** One in so many files of the rebuild has entirely different bytes. */
  private static final int OTHER = 50;

  private final Map<String, Object> root = new TreeMap<>();
  private int count;
  private long bytes;

  /** The two near-identical trees. */
  public enum Build {
    /** The first build. */
    FIRST("/nix/store/1b9p07z77phvv2hf6gm9f28syp39f1ag-bench-1.0/"),
    /** The rebuild: another store path, and some files longer, renamed or with other bytes. */
    SECOND("/nix/store/n50jk09x9hshwx1lh6k3qaiygc7yxbv9-bench-1.0/");

    private final byte[] storePath;

    Build(String storePath) {
      this.storePath = storePath.getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** A file of the sample and its index. */
  private record Sampled(Path file, int number) {}

  /**
   * Chooses files below a folder; the choice depends on the folder's contents only.
   *
   * @param most limit of the total size in bytes
   */
  public TreeNar(Path folder, long most) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(folder)) {
      files =
          new ArrayList<>(
              found
                  .filter(it -> Files.isRegularFile(it, LinkOption.NOFOLLOW_LINKS))
                  .filter(Files::isReadable)
                  .sorted()
                  .toList());
    }
    Collections.shuffle(files, new Random(1));
    for (Path file : files) {
      long size = Files.size(file);
      if (size <= MOST_FILE_BYTES && bytes + size <= most) {
        put(folder.relativize(file), file);
        bytes += size;
      }
    }
  }

  /** Number of files in the sample. */
  public int count() {
    return count;
  }

  @SuppressWarnings("unchecked")
  private void put(Path name, Path file) {
    Map<String, Object> folder = root;
    for (Path part : name.resolveSibling("").normalize()) {
      if (!part.toString().isEmpty()) {
        folder =
            (Map<String, Object>)
                folder.computeIfAbsent(part.toString(), it -> new TreeMap<String, Object>());
      }
    }
    folder.put(name.getFileName().toString(), new Sampled(file, count++));
  }

  /** Writes the NAR in the format of the Nix manual, "Nix Archive (NAR) format". */
  public void write(Build build, OutputStream out) throws IOException {
    text(out, "nix-archive-1");
    folder(root, build, out);
  }

  @SuppressWarnings("unchecked")
  private void folder(Map<String, Object> entries, Build build, OutputStream out)
      throws IOException {
    texts(out, "(", "type", "directory");
    for (var entry : named(entries, build).entrySet()) {
      texts(out, "entry", "(", "name", entry.getKey(), "node");
      if (entry.getValue() instanceof Sampled file) {
        file(file, build, out);
      } else {
        folder((Map<String, Object>) entry.getValue(), build, out);
      }
      text(out, ")");
    }
    text(out, ")");
  }

  private static Map<String, Object> named(Map<String, Object> entries, Build build) {
    Map<String, Object> named = new TreeMap<>();
    for (var entry : entries.entrySet()) {
      boolean renamed =
          build == Build.SECOND
              && entry.getValue() instanceof Sampled file
              && file.number % RENAMED == 1;
      named.put(entry.getKey() + (renamed ? "-renamed" : ""), entry.getValue());
    }
    return named;
  }

  /** Starts the NAR of one regular file, whose length must be a multiple of 8. */
  public static void beginFile(long length, OutputStream out) throws IOException {
    texts(out, "nix-archive-1", "(", "type", "regular", "contents");
    number(out, length);
  }

  /** Ends the NAR of {@link #beginFile}. */
  public static void endFile(OutputStream out) throws IOException {
    text(out, ")");
  }

  private static void file(Sampled file, Build build, OutputStream out) throws IOException {
    byte[] contents = contents(file, build);
    texts(out, "(", "type", "regular", "contents");
    number(out, contents.length);
    out.write(contents);
    padding(out, contents.length);
    text(out, ")");
  }

  private static byte[] contents(Sampled file, Build build) throws IOException {
    byte[] contents = Files.readAllBytes(file.file);
    if (contents.length < LEAST_EDITED_BYTES) {
      return contents;
    }
    if (file.number % NAMING == 0) {
      ByteBuffer.wrap(contents).position(contents.length / NAMING).put(build.storePath);
    }
    if (build == Build.SECOND && file.number % OTHER == 2) {
      for (int i = 0; i < contents.length; i++) {
        contents[i] ^= 0x55;
      }
    }
    if (build == Build.SECOND && file.number % LONGER == 3) {
      int at = contents.length / 2;
      int more = 1 + file.number % Long.SIZE;
      return ByteBuffer.allocate(contents.length + more)
          .put(contents, 0, at)
          .put(new byte[more])
          .put(contents, at, contents.length - at)
          .array();
    }
    return contents;
  }

  private static void texts(OutputStream out, String... texts) throws IOException {
    for (String text : texts) {
      text(out, text);
    }
  }

  private static void text(OutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(out, bytes.length);
    out.write(bytes);
    padding(out, bytes.length);
  }

  private static void number(OutputStream out, long number) throws IOException {
    out.write(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
  }

  private static void padding(OutputStream out, long length) throws IOException {
    out.write(new byte[(int) (-length & (Long.BYTES - 1))]);
  }
}
