package narthex.bench.http;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import narthex.bench.TreeNar;

/**
 * Files below {@code bench.tree} for NARs of one file each, chosen at random but always alike.
 *
 * @param leastBytes of a file
 * @param mostBytes of a file
 */
record SingleFiles(long leastBytes, long mostBytes) {
  private static final Path TREE = Path.of(System.getProperty("bench.tree", "/usr"));

  /** Chooses so many files, or all if there are fewer. */
  List<Path> choose(int count, long seed) throws IOException {
    try (Stream<Path> found = Files.walk(TREE)) {
      List<Path> files = new ArrayList<>(found.filter(this::isFitting).sorted().toList());
      Collections.shuffle(files, new Random(seed));
      return files.subList(0, Math.min(count, files.size()));
    }
  }

  private boolean isFitting(Path file) {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          && Files.isReadable(file)
          && Files.size(file) >= leastBytes
          && Files.size(file) <= mostBytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the NAR of a file, without the last bytes that don't fill eight. */
  static void writeNar(Path file, OutputStream out) throws IOException {
    byte[] contents = Files.readAllBytes(file);
    int length = contents.length / Long.BYTES * Long.BYTES;
    TreeNar.beginFile(length, out);
    out.write(contents, 0, length);
    TreeNar.endFile(out);
  }
}
