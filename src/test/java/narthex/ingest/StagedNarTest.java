package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import narthex.blob.BlobSink;
import narthex.blob.Extent;
import narthex.blob.Manifest;
import narthex.blob.MemoryBlobStore;
import narthex.blob.StoredManifest;
import narthex.nix.Compression;
import narthex.staging.StagedFlight;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import org.junit.jupiter.api.Test;

/** The bytes that another replica stages. */
class StagedNarTest {
  private static final int LENGTH = 300_000;
  private static final int PART = 100_000;

  private final byte[] bytes = new byte[LENGTH];
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private final StagedNar staged =
      new StagedNar(
          blobs,
          new DecoderBudget(64 << 20).share(Work.READING),
          new StagedFlight.Content(
              StagedFlight.Form.FILE, Compression.XZ, null, null, OptionalLong.of(LENGTH)));

  StagedNarTest() {
    new Random(1).nextBytes(bytes);
  }

  private Extent put(String key, int from, int length) throws IOException {
    try (BlobSink sink = blobs.create(key)) {
      sink.write(bytes, from, length);
      sink.commit();
    }
    return new Extent(key, 0, length, length);
  }

  private StoredManifest stored() throws IOException {
    return new StoredManifest(blobs, List.of(put("nar/stored", 0, LENGTH)));
  }

  @Test
  void bytesAreReadPartByPartAndTheRestFromWhatIsStored() throws IOException {
    staged.add(List.of(put("nar/a", 0, PART)));
    try (InputStream in = staged.manifest().open(0)) {
      assertArrayEquals(Arrays.copyOf(bytes, PART), in.readNBytes(PART));
      staged.add(List.of(put("nar/b", PART, PART)));
      assertArrayEquals(Arrays.copyOfRange(bytes, PART, 2 * PART), in.readNBytes(PART));
      assertTrue(staged.stored(stored()));
      assertArrayEquals(Arrays.copyOfRange(bytes, 2 * PART, LENGTH), in.readAllBytes());
    }
    try (InputStream in = staged.manifest().open(PART + 7)) {
      assertArrayEquals(Arrays.copyOfRange(bytes, PART + 7, LENGTH), in.readAllBytes());
    }
  }

  @Test
  void aReaderGoesOnWithWhatIsStoredWhenStagedBlobsAreDeleted() throws IOException {
    staged.add(List.of(put("nar/a", 0, PART), put("nar/b", PART, PART)));
    try (InputStream in = staged.manifest().open(0)) {
      assertArrayEquals(Arrays.copyOf(bytes, 10), in.readNBytes(10));
      assertTrue(staged.stored(stored()));
      blobs.delete("nar/a");
      blobs.delete("nar/b");
      assertArrayEquals(Arrays.copyOfRange(bytes, 10, LENGTH), in.readAllBytes());
    }
  }

  @Test
  void aReaderWhoseStagedBlobsAreDeletedWaitsUntilTheNarIsStored() throws Exception {
    staged.add(List.of(put("nar/a", 0, PART)));
    try (InputStream in = staged.manifest().open(0)) {
      assertArrayEquals(Arrays.copyOf(bytes, 10), in.readNBytes(10));
    }
    blobs.delete("nar/a");
    try (InputStream in = staged.manifest().open(10)) {
      CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> readAll(in));
      staged.add(List.of(put("nar/b", PART, PART)));
      assertTrue(staged.stored(stored()));

      assertArrayEquals(Arrays.copyOfRange(bytes, 10, LENGTH), read.get(20, TimeUnit.SECONDS));
    }
  }

  private static byte[] readAll(InputStream in) {
    try {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aReaderWhoseStagedBlobsAreDeletedFailsWithTheNar() throws IOException {
    staged.add(List.of(put("nar/a", 0, PART)));
    try (InputStream in = staged.manifest().open(0)) {
      blobs.delete("nar/a");
      staged.fail(new IOException("the holder could not bring in the NAR"));
      assertThrows(IOException.class, in::read);
    }
  }

  @Test
  void aReaderWhoseStagedBlobsAreDeletedWaitsOnlyWhileItsClientIsThere() throws IOException {
    IOException gone = new IOException("the client has left");
    staged.add(List.of(put("nar/a", 0, PART)));
    blobs.delete("nar/a");
    Manifest.Watch watch =
        () -> {
          throw gone;
        };
    try (InputStream in = staged.manifest().open(0, watch)) {
      assertSame(gone, assertThrows(IOException.class, in::read));
    }
  }

  @Test
  void anEndWithoutAllBytesIsRefused() throws IOException {
    staged.add(List.of(put("nar/a", 0, PART)));
    assertFalse(staged.stored(null));
    assertFalse(staged.manifest().isComplete());
    staged.add(List.of(put("nar/b", PART, LENGTH - PART)));
    assertTrue(staged.stored(null));
    assertEquals(OptionalLong.of(LENGTH), staged.manifest().length());
  }

  @Test
  void aSuccessorWithOtherBytesFailsTheReaders() throws IOException {
    staged.add(List.of(put("nar/a", 0, PART)));
    bytes[PART / 2] ^= 1;
    StoredManifest other = stored();
    assertThrows(IOException.class, () -> staged.continueWith(other));
    try (InputStream in = staged.manifest().open(0)) {
      assertThrows(IOException.class, in::readAllBytes);
    }
  }
}
