package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The directory store fulfils the contract, and deletes the temporary files of dead processes only.
 */
class DirectoryBlobStoreTest extends BlobStoreContract {
  @TempDir Path root = Path.of("replaced");

  @Override
  BlobStore openStore() throws IOException {
    return DirectoryBlobStore.open(root);
  }

  @Test
  void whatAnotherStoreCommittedIsThere() throws IOException {
    write("a", text("abc"));

    try (BlobStore other = DirectoryBlobStore.open(root)) {
      assertEquals(OptionalLong.of(3), other.find("a"));
    }
  }

  @Test
  void aReaderOfAStoredBlobNeverSeemsToHaveCaughtUpBeforeItsEnd() throws IOException {
    write("a", text("abc"));

    try (BlobStore store = DirectoryBlobStore.open(root);
        InputStream in = new StoredManifest(store, List.of(new Extent("a", 0, 3, 3))).open(0)) {
      assertEquals(3, in.available());
      assertEquals('a', in.read());
      assertEquals(2, in.available());
      assertEquals(2, in.readNBytes(2).length);
      assertEquals(0, in.available());
    }
  }

  @Test
  void halfWrittenFilesOfADeadProcessAreSweptAtStart() throws IOException {
    Path temporary = root.resolve("tmp");
    Files.createDirectories(temporary.resolve("dead"));
    Files.writeString(temporary.resolve("dead/1"), "half");
    Files.writeString(temporary.resolve("dead/2"), "");
    Files.createFile(temporary.resolve("dead.lock"));

    try (BlobStore opened = DirectoryBlobStore.open(root)) {
      assertEquals(List.of(), names(temporary, "dead"));
      assertEquals(OptionalLong.empty(), opened.find("dead"));
    }
  }

  @Test
  void halfWrittenFilesOfALivingStoreAreLeftAlone() throws IOException {
    try (BlobStore living = DirectoryBlobStore.open(root);
        BlobSink sink = living.create("a")) {
      sink.write(text("abc"), 0, 3);

      DirectoryBlobStore.open(root).close();

      sink.write(text("def"), 0, 3);
      sink.commit();
      assertEquals(OptionalLong.of(6), living.find("a"));
    }
  }

  @Test
  void halfWrittenFilesOfAKilledProcessAreSwept(@TempDir Path other) throws Exception {
    OtherVirtualMachine.run(other, OtherVirtualMachine.End.HALTED_WHILE_WRITING);
    assertEquals(2, names(other.resolve("tmp"), "").size());

    DirectoryBlobStore.open(other).close();

    assertEquals(List.of(), names(other.resolve("tmp"), ""));
  }

  @Test
  void anotherProcessLeavesTheLivingAloneEvenAfterASecondStoreOpenedHere() throws Exception {
    try (BlobStore living = DirectoryBlobStore.open(root);
        BlobSink sink = living.create("a")) {
      sink.write(text("abc"), 0, 3);
      DirectoryBlobStore.open(root).close();

      OtherVirtualMachine.run(root, OtherVirtualMachine.End.CLOSED);

      sink.commit();
      assertEquals(OptionalLong.of(3), living.find("a"));
    }
  }

  @Test
  void aClosedStoreLeavesNothingHalfWritten(@TempDir Path other) throws IOException {
    BlobStore closing = DirectoryBlobStore.open(other);
    BlobSink sink = closing.create("a");
    sink.write(text("abc"), 0, 3);

    closing.close();

    assertEquals(List.of(), names(other.resolve("tmp"), ""));
    sink.close();
  }

  @Test
  void aVanishedFolderIsAnErrorAndNoAbsence(@TempDir Path other) throws IOException {
    try (BlobStore opened = DirectoryBlobStore.open(other)) {
      Files.delete(other.resolve("blobs"));

      IOException unknown = assertThrows(IOException.class, () -> opened.find("a"));
      assertTrue(!(unknown instanceof BlobLostException));
      unknown = assertThrows(IOException.class, () -> opened.open("a", 0, 0));
      assertTrue(!(unknown instanceof BlobLostException));
    }
  }

  @Test
  void aFolderThatCannotBeMadeIsAnError(@TempDir Path other) throws IOException {
    Path file = Files.createFile(other.resolve("file"));

    assertThrows(IOException.class, () -> DirectoryBlobStore.open(file));
  }

  private static List<String> names(Path folder, String prefix) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.startsWith(prefix))
          .sorted()
          .toList();
    }
  }
}
