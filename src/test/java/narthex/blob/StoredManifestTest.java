package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class StoredManifestTest {
  private static final int PADDING = 3;

  private final MemoryBlobStore memory = new MemoryBlobStore();
  private final FaultyBlobStore blobs = new FaultyBlobStore(memory);

  @Property(tries = 300)
  void anyExtentsReadFromAnyOffsetAreTheBytes(
      @ForAll @Size(max = 6) List<@IntRange(max = 40) Integer> lengths,
      @ForAll @IntRange(max = 260) int wantedFrom,
      @ForAll @IntRange(min = 1, max = 64) int bufferBytes)
      throws IOException {
    byte[] model = BlobStoreContract.random(lengths.stream().mapToInt(n -> n).sum());
    StoredManifest manifest = new StoredManifest(blobs, store(model, lengths));
    int from = Math.min(wantedFrom, model.length);

    assertEquals(OptionalLong.of(model.length), manifest.length());
    manifest.requirePresent();
    try (InputStream in = manifest.open(from)) {
      byte[] buffer = new byte[bufferBytes];
      int position = from;
      int count;
      while ((count = in.read(buffer, 0, bufferBytes)) >= 0) {
        assertArrayEquals(
            Arrays.copyOfRange(model, position, position + count), Arrays.copyOf(buffer, count));
        position += count;
      }
      assertEquals(model.length, position);
      assertEquals(-1, in.read());
    }
  }

  @Test
  void extentsThatLieNextToEachOtherAreOpenedAtOnceAndTheNextIsAnnounced() throws IOException {
    byte[] bytes = BlobStoreContract.random(40);
    Extent whole = store(bytes, List.of(30, 10)).get(0);
    List<String> events = new ArrayList<>();
    BlobStore recorded =
        new PassingBlobStore(blobs) {
          @Override
          public InputStream open(String key, long from, long length) throws IOException {
            events.add("open " + key + " " + (from - PADDING) + " " + length);
            return super.open(key, from, length);
          }

          @Override
          public void expect(String key, long from, long length) {
            events.add("expect " + key + " " + (from - PADDING) + " " + length);
          }
        };
    List<Extent> extents =
        List.of(
            part(whole, 0, 10),
            part(whole, 10, 5),
            part(whole, 15, 5),
            part(whole, 25, 5),
            new Extent("blob-1", PADDING, 10, 10));

    try (InputStream in = new StoredManifest(recorded, extents).open(12)) {
      assertArrayEquals(Arrays.copyOfRange(bytes, 12, 20), in.readNBytes(8));
      assertArrayEquals(Arrays.copyOfRange(bytes, 25, 30), in.readNBytes(5));
      assertEquals(10, in.readAllBytes().length);
    }

    assertEquals(
        List.of(
            "open blob-0 12 8",
            "expect blob-0 25 5",
            "open blob-0 25 5",
            "expect blob-1 0 10",
            "open blob-1 0 10"),
        events);
  }

  private static Extent part(Extent whole, long from, long length) {
    return new Extent(whole.blob(), whole.offset() + from, length, length);
  }

  @Test
  void oneExtentMayBeReadTwiceInOneManifest() throws IOException {
    Extent extent = store(new byte[] {1, 2, 3}, List.of(3)).get(0);

    try (InputStream in = new StoredManifest(blobs, List.of(extent, extent)).open(2)) {
      assertArrayEquals(new byte[] {3, 1, 2, 3}, in.readAllBytes());
    }
  }

  @Test
  void anOffsetOutsideIsRefused() throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, store(new byte[3], List.of(3)));

    assertThrows(IllegalArgumentException.class, () -> manifest.open(-1));
    assertThrows(IllegalArgumentException.class, () -> manifest.open(4));
  }

  @Test
  void aLostBlobIsToldBeforeTheFirstByte() throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, store(new byte[30], List.of(10, 20)));

    blobs.lose("blob-1");

    assertEquals("blob-1", assertThrows(BlobLostException.class, manifest::requirePresent).key());
  }

  @Test
  void aTruncatedBlobIsToldBeforeTheFirstByte() throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, store(new byte[30], List.of(10, 20)));

    blobs.truncate("blob-0", PADDING + 9);

    assertEquals("blob-0", assertThrows(BlobLostException.class, manifest::requirePresent).key());
  }

  @Test
  void aBlobLostWhileReadingIsNeverACleanEnd() throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, store(new byte[30], List.of(10, 20)));

    try (InputStream in = manifest.open(0)) {
      in.readNBytes(5);
      blobs.lose("blob-1");
      assertThrows(BlobLostException.class, in::readAllBytes);
      assertThrows(IOException.class, in::read);
    }
  }

  @Test
  void aClosedStreamGivesNothingMore() throws IOException {
    InputStream in = new StoredManifest(blobs, store(new byte[30], List.of(10, 20))).open(0);
    in.readNBytes(5);

    in.close();
    in.close();

    assertThrows(IOException.class, in::read);
  }

  @Test
  void aReadThatBreaksIsNeverACleanEnd() throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, store(new byte[30], List.of(10, 20)));
    blobs.breakReadsAt("blob-1", PADDING + 4);

    try (InputStream in = manifest.open(0)) {
      assertEquals(14, in.readNBytes(14).length);
      assertThrows(IOException.class, in::read);
      assertThrows(IOException.class, in::read);
    }
  }

  @Test
  void onlyOneWholeBlobIsALocalFile(@org.junit.jupiter.api.io.TempDir Path root)
      throws IOException {
    try (DirectoryBlobStore files = DirectoryBlobStore.open(root)) {
      try (BlobSink sink = files.create("a")) {
        sink.write(new byte[10], 0, 10);
        sink.commit();
      }

      Extent whole = new Extent("a", 0, 10, 10);
      assertEquals(files.localFile("a"), new StoredManifest(files, List.of(whole)).localFile());
      for (List<Extent> others :
          List.of(
              List.of(whole, whole),
              List.of(new Extent("a", 1, 9, 9)),
              List.of(new Extent("a", 0, 9, 9)),
              List.<Extent>of())) {
        assertEquals(Optional.empty(), new StoredManifest(files, others).localFile());
      }
    }
  }

  @Test
  void anExtentOutOfRangeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Extent("a", -1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Extent("a", 0, -1, 0));
    assertThrows(IllegalArgumentException.class, () -> new Extent("a", 0, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> new Extent("a", Long.MAX_VALUE, 1, 1));
  }

  /**
   * Cuts the bytes into blobs {@code blob-<n>} of these lengths, with other bytes around each
   * piece.
   */
  private List<Extent> store(byte[] model, List<Integer> lengths) throws IOException {
    List<Extent> extents = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < lengths.size(); i++) {
      String key = "blob-" + i;
      int length = lengths.get(i);
      memory.delete(key);
      try (BlobSink sink = memory.create(key)) {
        sink.write(new byte[PADDING], 0, PADDING);
        sink.write(model, from, length);
        sink.write(new byte[PADDING], 0, PADDING);
        sink.commit();
      }
      extents.add(new Extent(key, PADDING, length, length));
      from += length;
    }
    return extents;
  }
}
