package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import narthex.blob.BlobSink;
import narthex.blob.Extent;
import narthex.blob.FaultyBlobStore;
import narthex.blob.Manifest;
import narthex.blob.MemoryBlobStore;
import narthex.blob.StoredManifest;
import narthex.nix.Compression;
import narthex.staging.StagedFlight;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.Decoders;
import narthex.stream.ZstdFrames;
import org.junit.jupiter.api.Test;

/** Chunks that another replica stages, some of them as a part of a frame. */
class StagedChunksTest {
  private static final int GROUP = 300_000;
  private static final int CHUNK = 50_000;
  private static final int LENGTH = 4 * CHUNK;

  private final byte[] group = new byte[GROUP];
  private final FaultyBlobStore blobs = new FaultyBlobStore(new MemoryBlobStore());
  private final DecoderShare clients = new DecoderBudget(64 << 20).share(Work.READING);
  private final StagedNar staged =
      new StagedNar(
          blobs,
          clients,
          new StagedFlight.Content(
              StagedFlight.Form.CHUNKS, Compression.XZ, null, null, OptionalLong.of(LENGTH)));

  StagedChunksTest() {
    new Random(1).nextBytes(group);
  }

  /** Stores a range of the group as one frame. Returns its length. */
  private int put(String key, int from, int length) throws IOException {
    byte[] frame = new byte[ZstdFrames.largestFrame(length)];
    try (ZstdFrames encoder = new ZstdFrames();
        BlobSink sink = blobs.create(key)) {
      int stored = encoder.encode(group, from, length, frame, 0);
      sink.write(frame, 0, stored);
      sink.commit();
      return stored;
    }
  }

  private byte[] stage() throws IOException {
    int whole = put("pack/group", 0, GROUP);
    int own = put("pack/own", 0, CHUNK);
    staged.add(
        List.of(
            new Extent("pack/group", 0, whole, 2L * CHUNK, CHUNK),
            new Extent("pack/own", 0, own, CHUNK),
            new Extent("pack/group", 0, whole, CHUNK, GROUP - CHUNK)));
    ByteArrayOutputStream nar = new ByteArrayOutputStream();
    nar.write(group, CHUNK, 2 * CHUNK);
    nar.write(group, 0, CHUNK);
    nar.write(group, GROUP - CHUNK, CHUNK);
    return nar.toByteArray();
  }

  @Test
  void partsOfGroupsAreReadFromAnyOffset() throws IOException {
    byte[] nar = stage();
    staged.stored(null);

    for (int from : new int[] {0, 1, CHUNK, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK + 7, LENGTH}) {
      try (InputStream in = staged.manifest().open(from)) {
        assertArrayEquals(Arrays.copyOfRange(nar, from, LENGTH), in.readAllBytes());
      }
    }
  }

  @Test
  void partsOfGroupsAreSentAsFramesOfTheirOwn() throws IOException {
    byte[] nar = stage();
    staged.stored(null);

    for (int from : new int[] {0, CHUNK, 2 * CHUNK, 3 * CHUNK}) {
      try (InputStream frames = staged.manifest().openFrames(from, () -> {});
          InputStream decoded = Decoders.decode(Compression.ZSTD, frames)) {
        assertArrayEquals(Arrays.copyOfRange(nar, from, LENGTH), decoded.readAllBytes());
      }
    }
  }

  @Test
  void aPartOfAGroupDoesNotEndBeforeTheGroupIsVerified() throws IOException {
    byte[] nar = stage();
    int last = (int) blobs.find("pack/group").orElseThrow() - 1;
    blobs.flipByte("pack/group", last); // a byte of the checksum
    try (InputStream in = staged.manifest().open(0)) {
      byte[] read = new byte[LENGTH];
      int count = 0;

      IOException damaged = null;
      while (damaged == null) {
        try {
          count += in.read(read, count, 1000);
        } catch (IOException e) {
          damaged = e;
        }
      }

      assertArrayEquals(Arrays.copyOf(nar, count), Arrays.copyOf(read, count));
      assertTrue(count < 2 * CHUNK, () -> "the last bytes of the part must be held back");
    }
  }

  @Test
  void aReaderOfFramesWhosePackIsDeletedWaitsOnlyWhileItsClientIsThere() throws IOException {
    IOException gone = new IOException("the client has left");
    stage();
    blobs.delete("pack/group");
    Manifest.Watch watch =
        () -> {
          throw gone;
        };
    try (InputStream in = staged.manifest().openFrames(0, watch)) {
      assertSame(gone, assertThrows(IOException.class, in::read));
    }
  }

  @Test
  void aSuccessorIsComparedAlthoughClientsHoldAllTheirMemory() throws IOException {
    byte[] nar = stage();
    try (BlobSink sink = blobs.create("nar/successor")) {
      sink.write(nar, 0, LENGTH);
      sink.commit();
    }
    Extent successor = new Extent("nar/successor", 0, LENGTH, LENGTH);
    try (InputStream all = clients.openChunks(Integer.MAX_VALUE, InputStream::nullInputStream)) {
      staged.continueWith(new StoredManifest(blobs, List.of(successor)));

      assertEquals(0, all.available());
      assertTrue(staged.manifest().isComplete());
    }
  }

  @Test
  void anExtentThatDecodesToLessFails() throws IOException {
    int own = put("pack/own", 0, CHUNK);
    staged.add(List.of(new Extent("pack/own", 0, own, CHUNK + 1)));
    try (InputStream in = staged.manifest().open(0)) {
      assertThrows(IOException.class, () -> in.readNBytes(CHUNK + 1));
    }
  }
}
