package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A counted directory fulfils the contract, and its count is exact. */
class CountingBlobStoreTest extends BlobStoreContract {
  @TempDir Path root = Path.of("replaced");

  private final MemoryBlobStore memory = new MemoryBlobStore();

  /** Runs before the page of a listing is made, and after it. */
  private Runnable duringListing = () -> {};

  private final CountingBlobStore counting =
      new CountingBlobStore(
          new PassingBlobStore(memory) {
            @Override
            public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
              duringListing.run();
              List<ListedBlob> page = super.list(after, 10);
              duringListing.run();
              return page;
            }
          });

  @Override
  BlobStore openStore() throws IOException {
    CountingBlobStore store = new CountingBlobStore(DirectoryBlobStore.open(root));
    store.count();
    return store;
  }

  private void create(String key, int length) {
    try (BlobSink sink = counting.create(key)) {
      sink.write(new byte[length], 0, length);
      sink.commit();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void delete(String key) {
    try {
      counting.delete(key);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private long inTruth() {
    return memory.keys().stream().mapToLong(key -> memory.find(key).orElseThrow()).sum();
  }

  @Test
  void nothingIsKnownBeforeTheFirstCount() throws IOException {
    create("a", 5);
    delete("a");
    create("b", 7);
    assertEquals(OptionalLong.empty(), counting.bytes());

    counting.count();

    assertEquals(OptionalLong.of(7), counting.bytes());
    assertEquals(0, counting.deletedBytes());
  }

  @Test
  void whatIsCreatedAndDeletedIsCountedAtOnce() throws IOException {
    counting.count();
    create("a", 5);
    create("b", 7);
    delete("a");
    delete("a");

    assertEquals(OptionalLong.of(7), counting.bytes());
    assertEquals(5, counting.deletedBytes());
  }

  @Test
  void whatIsNotCommittedDoesNotCount() throws IOException {
    counting.count();
    try (BlobSink sink = counting.create("a")) {
      sink.write(new byte[9], 0, 9);
    }

    assertEquals(OptionalLong.of(0), counting.bytes());
  }

  @Test
  void whatOthersDoIsCountedByTheNextListing() throws IOException {
    counting.count();
    try (BlobSink sink = memory.create("a")) {
      sink.write(new byte[9], 0, 9);
      sink.commit();
    }
    assertEquals(OptionalLong.of(0), counting.bytes());

    counting.count();

    assertEquals(OptionalLong.of(9), counting.bytes());
  }

  @Test
  void theCountIsExactWhateverChangesDuringTheListing() throws IOException {
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < 60; i++) {
        create("r" + round + "/" + random.nextInt(1_000_000), random.nextInt(1, 100));
      }
      int each = round;
      duringListing =
          () -> {
            create("r" + random.nextInt(99) + "/x" + random.nextInt(), random.nextInt(1, 100));
            List<String> keys = List.copyOf(memory.keys());
            delete(keys.get(random.nextInt(keys.size())));
            delete(keys.get(random.nextInt(keys.size())));
            create("r" + each + "/y" + random.nextInt(), random.nextInt(1, 100));
          };
      counting.count();
      duringListing = () -> {};

      assertEquals(OptionalLong.of(inTruth()), counting.bytes());
    }
  }
}
