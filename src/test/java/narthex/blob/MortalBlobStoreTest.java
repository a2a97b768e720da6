package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import narthex.testing.KillSwitch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store of a living process fulfils the contract; a killed one leaves what it has written. */
class MortalBlobStoreTest extends BlobStoreContract {
  private static final byte[] BYTES = {1, 2, 3};

  @TempDir Path folder;
  private final KillSwitch process = new KillSwitch();

  @SuppressWarnings("NullAway.Init") // the contract opens it
  private BlobStore store;

  @Override
  BlobStore openStore() throws IOException {
    store = new MortalBlobStore(DirectoryBlobStore.open(folder), process, temporary());
    return store;
  }

  private Path temporary() {
    return folder.resolve("tmp");
  }

  private List<Path> temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.walk(temporary())) {
      return files
          .filter(file -> Files.isRegularFile(file) && !file.toString().endsWith(".lock"))
          .toList();
    }
  }

  private void create(String key) throws IOException {
    try (BlobSink sink = store.create(key)) {
      sink.write(BYTES, 0, BYTES.length);
      sink.commit();
    }
  }

  @Test
  void aKilledProcessWritesNothingMoreAndTheNextOneDeletesItsTemporaryFiles() throws IOException {
    process.arm(2);
    create("a");
    BlobSink half = store.create("b");
    half.write(BYTES, 0, BYTES.length);
    store.delete("absent");

    assertThrows(IOException.class, half::commit);
    assertThrows(IOException.class, half::close);
    assertThrows(IOException.class, () -> store.create("c"));
    assertThrows(IOException.class, () -> store.delete("a"));
    assertThrows(IOException.class, () -> store.list(Optional.empty(), 10));
    assertTrue(Thread.interrupted());
    store.close();
    assertEquals(1, temporaryFiles().size());

    try (BlobStore next = DirectoryBlobStore.open(folder)) {
      assertEquals(OptionalLong.of(BYTES.length), next.find("a"));
      assertEquals(OptionalLong.empty(), next.find("b"));
      assertEquals(List.of(), temporaryFiles());
    }
  }
}
