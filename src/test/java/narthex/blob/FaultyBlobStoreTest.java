package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.FaultyBlobStore.Step;
import org.junit.jupiter.api.Test;

/** Without faults the store fulfils the contract; each fault has its documented effect. */
class FaultyBlobStoreTest extends BlobStoreContract {
  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final FaultyBlobStore faulty = new FaultyBlobStore(memory);

  @Override
  BlobStore openStore() {
    return faulty;
  }

  @Test
  void writesFailBehindTheGivenByte() throws IOException {
    faulty.failWritesAfter(7);

    try (BlobSink sink = faulty.create("a")) {
      sink.write(new byte[5], 0, 5);
      assertThrows(IOException.class, () -> sink.write(new byte[5], 0, 5));
    }
    assertEquals(0, memory.openSinks());
  }

  @Test
  void aFailedCommitLeavesNothingAndAFailedAnswerLeavesTheBlob() throws IOException {
    faulty.fail(Step.COMMIT, 1).fail(Step.COMMIT_ANSWER, 1);

    try (BlobSink sink = faulty.create("a")) {
      assertThrows(IOException.class, sink::commit);
    }
    assertEquals(Set.of(), memory.keys());
    try (BlobSink sink = faulty.create("a")) {
      assertThrows(IOException.class, sink::commit);
    }
    assertEquals(Set.of("a"), memory.keys());
  }

  @Test
  void everyOtherStepFailsAsOftenAsTold() throws IOException {
    write("a", text("abc"));
    faulty.fail(Step.FIND, 2).fail(Step.OPEN).fail(Step.CREATE).fail(Step.DELETE);

    assertThrows(IOException.class, () -> faulty.find("a"));
    assertThrows(IOException.class, () -> faulty.find("a"));
    assertEquals(OptionalLong.of(3), faulty.find("a"));
    assertThrows(IOException.class, () -> faulty.open("a", 0, 1));
    assertThrows(IOException.class, () -> faulty.create("b"));
    assertThrows(IOException.class, () -> faulty.delete("a"));
    faulty.heal();
    assertArrayEquals(text("bc"), read("a", 1, 2));
  }

  @Test
  void blobsAreLostAndTruncated() throws IOException {
    write("a", text("abc"));
    write("b", text("abc"));

    faulty.lose("a").truncate("b", 2);

    assertEquals(OptionalLong.empty(), faulty.find("a"));
    assertEquals(OptionalLong.of(2), faulty.find("b"));
    assertThrows(BlobLostException.class, () -> faulty.open("b", 0, 3));
    assertArrayEquals(text("ab"), read("b", 0, 2));
  }

  @Test
  void readsBreakAndBytesFlipAtTheGivenOffset() throws IOException {
    write("a", text("abcdef"));
    write("b", text("abcdef"));
    faulty.breakReadsAt("a", 3).flipByte("b", 3);

    try (InputStream in = faulty.open("a", 1, 5)) {
      assertArrayEquals(text("bc"), in.readNBytes(2));
      assertThrows(IOException.class, in::read);
    }
    byte[] flipped = text("bcdef");
    flipped[2] ^= (byte) 0xff;
    assertArrayEquals(flipped, read("b", 1, 5));
  }

  @Test
  void anActionRunsBeforeTheCommit() throws IOException {
    AtomicReference<Set<String>> seen = new AtomicReference<>(Set.of("nothing"));
    faulty.beforeCommit(() -> seen.set(memory.keys()));

    write("a", text("abc"));

    assertEquals(Set.of(), seen.get());
  }
}
