package narthex.e2e;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.maintain.FindUnnamedBlobs;
import narthex.testing.FileTrees;
import narthex.testing.Soon;

/** The packs in the data folder of a server, to inspect or damage them. */
final class PackFiles {
  private final Path data;

  PackFiles(Path data) {
    this.data = data;
  }

  /** All packs, the oldest first. */
  List<Path> all() {
    Path folder = data.resolve("blobs").resolve("blobs").resolve("pack");
    if (!Files.exists(folder)) {
      return List.of();
    }
    try {
      record Aged(Path file, long age) {}
      return FileTrees.files(folder).stream()
          .map(file -> new Aged(file, file.toFile().lastModified()))
          .sorted((one, other) -> Long.compare(one.age(), other.age()))
          .map(Aged::file)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until there are at least so many packs. */
  void await(int wanted) {
    Soon.await("packs").until(() -> all().size(), count -> count >= wanted);
  }

  /** Makes blobs look so old that the server checks whether a row refers to them. */
  static void age(List<Path> blobs) {
    for (Path blob : blobs) {
      long old = System.currentTimeMillis() - FindUnnamedBlobs.GRACE.plusHours(1).toMillis();
      if (!blob.toFile().setLastModified(old)) {
        fail(blob + " cannot be made older");
      }
    }
  }

  /** Waits until none of these packs exists. */
  static void awaitGone(List<Path> blobs) {
    Soon.await("deletion")
        .until(() -> blobs.stream().filter(Files::exists).toList(), List::isEmpty);
  }

  /** Waits until all packs together have at most so many bytes. */
  void awaitBytes(long most) {
    Soon.await("bytes of the packs").until(this::bytes, bytes -> bytes <= most);
  }

  private long bytes() {
    return all().stream().mapToLong(pack -> pack.toFile().length()).sum();
  }

  /** Deletes a pack. */
  static void delete(Path pack) {
    try {
      Files.delete(pack);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Truncates a pack to its first half. */
  static void truncate(Path pack) {
    try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
      file.setLength(file.length() / 2);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Inverts the byte in the middle of a pack. */
  static void flip(Path pack) {
    try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
      long middle = file.length() / 2;
      file.seek(middle);
      int octet = file.read();
      file.seek(middle);
      file.write(~octet);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
