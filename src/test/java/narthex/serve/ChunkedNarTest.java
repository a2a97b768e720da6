package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.FaultyBlobStore;
import narthex.db.ChunkPlace;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.store.PopularFiles;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.Decoders;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunked NARs: found, read from any offset, damaged, and fetched again. */
class ChunkedNarTest {
  private static final Sample SAMPLE = Sample.of(61, Compression.XZ);
  private static final byte[] NAR = SAMPLE.bytes(SAMPLE.narName(), 0);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final AtomicReference<FaultyBlobStore> faulty = new AtomicReference<>();
  private Node node;
  private StoredChunks stored;

  @BeforeEach
  void store() throws IOException {
    SAMPLE.publish(upstream);
    node = Node.open(folder, around(), upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
    stored = StoredChunks.store(node.database(), blobs(), Shape.usual(), NAR);
  }

  private Node.Options around() {
    return Node.Options.usual()
        .withBlobs(
            store -> {
              FaultyBlobStore wrapped = new FaultyBlobStore(store);
              faulty.set(wrapped);
              return wrapped;
            });
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private StoredForms forms(DecoderBudget budget) {
    return new StoredForms(
        new StoredNars(blobs(), node.database(), InstantSource.system(), Duration.ofMinutes(1)),
        budget.share(Work.READING),
        noPopularFiles(budget));
  }

  private PopularFiles noPopularFiles(DecoderBudget budget) {
    return new PopularFiles(
        folder.resolve("nar-cache"),
        0,
        budget.share(Work.BACKGROUND),
        Runnable::run,
        InstantSource.system());
  }

  private FaultyBlobStore blobs() {
    return Objects.requireNonNull(faulty.get());
  }

  private static NarFileName name(Compression compression) {
    return new NarFileName(SAMPLE.fileName().stem(), compression);
  }

  private NarSource source(Compression compression) throws IOException {
    return node.nars().find(name(compression)).orElseThrow();
  }

  private static byte[] read(NarSource source, long from) throws IOException {
    try (InputStream in = source.open(from)) {
      return in.readAllBytes();
    }
  }

  private Outcome reading(long from) {
    return Reading.start(node, SAMPLE, SAMPLE.narName(), from).outcome();
  }

  private int fetches() {
    return upstream.requests().count("GET", SAMPLE.narTarget());
  }

  private List<Form> forms() throws IOException {
    return node.database().findNar(SAMPLE.id().hash()).stream()
        .flatMap(nar -> nar.representations().stream())
        .map(Representation::form)
        .toList();
  }

  @Test
  void theNarIsReadFromItsChunksFromAnyOffset() throws IOException {
    NarSource source = source(Compression.NONE);

    assertEquals(Compression.NONE, source.compression());
    assertEquals(OptionalLong.of(NAR.length), source.length());
    assertEquals(SAMPLE.id().hash().nix32(), source.entityTag().orElseThrow());
    int first = stored.places().get(0).length();
    for (int from : new int[] {0, 1, first - 1, first, NAR.length / 2, NAR.length - 1}) {
      assertArrayEquals(Arrays.copyOfRange(NAR, from, NAR.length), read(source, from));
    }
    assertEquals(0, fetches());
  }

  @Test
  void zstdIsTheFramesAsTheyAre() throws IOException {
    NarSource plain = source(Compression.NONE);
    for (NarSource source :
        List.of(source(Compression.ZSTD), plain.encoded(Compression.ZSTD).orElseThrow())) {
      assertEquals(Compression.ZSTD, source.compression());
      assertEquals(OptionalLong.of(stored.framesLength()), source.length());
      assertNotEquals(plain.entityTag(), source.entityTag());
      byte[] frames = read(source, 0);
      assertArrayEquals(stored.frames(), frames);
      assertArrayEquals(Arrays.copyOfRange(frames, 999, frames.length), read(source, 999));
      try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(frames))) {
        assertArrayEquals(NAR, in.readAllBytes());
      }
    }
    assertEquals(0, fetches());
  }

  @Test
  void aStoredZstdFileIsServedInPlaceOfFrames() throws IOException {
    Sample zstd = Sample.of(61, Compression.ZSTD).publish(upstream);
    try (Node other = Node.open(folder.resolve("other"), upstream)) {
      assertTrue(other.narInfo(zstd).isPresent());
      assertEquals(Outcome.RIGHT, Reading.start(other, zstd, zstd.fileName(), 0).outcome());
      other.awaitIdle();
      StoredChunks.store(other.database(), blobs(), Shape.usual(), NAR);

      assertArrayEquals(
          zstd.bytes(zstd.fileName(), 0),
          read(other.nars().find(zstd.fileName()).orElseThrow(), 0));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lost", "truncated", "flipped", "frames lost", "frames flipped"})
  void damageBreaksTheReadingAndTheNarIsFetchedAgain(String damage) throws IOException {
    ChunkPlace place = stored.placeOf(NAR.length / 2);
    switch (damage) {
      case "truncated" -> blobs().truncate(place.pack(), place.offset() + 1);
      case "flipped", "frames flipped" -> blobs().flipByte(place.pack(), place.offset() + 20);
      default -> blobs().lose(place.pack());
    }

    if (damage.startsWith("frames")) {
      NarSource frames = source(Compression.ZSTD);
      assertThrows(IOException.class, () -> read(frames, 0));
    } else {
      assertEquals(Outcome.FAILED, reading(0));
    }
    assertEquals(List.of(), forms());
    assertFalse(
        node.database().chunks().find(Set.of(place.hash())).containsKey(place.hash()),
        "no later NAR may refer to it");

    assertEquals(Outcome.RIGHT, reading(0));
    assertEquals(1, fetches());
  }

  @Test
  void aChangedByteBeforeTheOffsetInItsFrameBreaksTheReadingToo() throws IOException {
    ChunkPlace second = stored.places().get(1);
    int before = stored.places().get(0).storedLength();
    blobs().flipByte(second.pack(), second.offset() + 1);
    NarSource frames = source(Compression.ZSTD);

    assertThrows(IOException.class, () -> read(frames, before + 10));
    assertEquals(List.of(), forms());
  }

  @Test
  void aStartThatIsLostIsFetchedAgainAtOnce() throws IOException {
    blobs().lose(stored.places().get(0).pack());

    assertEquals(Outcome.RIGHT, reading(0));
    assertEquals(1, fetches());
  }

  @Test
  void damageThatAnUpstreamCannotHealIsAFailure() throws IOException {
    blobs().lose(stored.places().get(0).pack());
    upstream.goDown();

    assertEquals(Outcome.FAILED, reading(0));
    assertThrows(IOException.class, () -> node.nars().find(SAMPLE.narName()));
  }

  @Test
  void aWholeFileThatIsStillThereIsDecodedInPlaceOfLostChunks() throws IOException {
    assertEquals(Outcome.RIGHT, Reading.start(node, SAMPLE, SAMPLE.narName(), 0).outcome());
    Sample other = Sample.of(62, Compression.XZ).publish(upstream);
    assertTrue(node.narInfo(other).isPresent());
    assertEquals(Outcome.RIGHT, Reading.start(node, other, other.fileName(), 0).outcome());
    node.awaitIdle();
    StoredChunks chunks =
        StoredChunks.store(
            node.database(), blobs(), Shape.usual(), other.bytes(other.narName(), 0));
    blobs().lose(chunks.placeOf(other.narBytes() - 1).pack());
    upstream.goDown();

    assertEquals(Outcome.FAILED, Reading.start(node, other, other.narName(), 0).outcome());
    assertEquals(Outcome.RIGHT, Reading.start(node, other, other.narName(), 0).outcome());
  }

  @Test
  void aChunkWrittenAnewHealsWhatNobodyReadMeanwhile() throws IOException {
    byte[] sibling = Arrays.copyOf(NAR, NAR.length + 1000);
    StoredChunks shared = StoredChunks.store(node.database(), blobs(), Shape.usual(), sibling);
    ChunkPlace place = stored.placeOf(0);
    assertEquals(place, shared.placeOf(0));
    blobs().flipByte(place.pack(), place.offset() + 20);
    NarSource damaged = source(Compression.NONE);
    assertThrows(IOException.class, () -> read(damaged, 0));

    StoredChunks.store(node.database(), blobs(), Shape.usual(), NAR);

    assertArrayEquals(NAR, read(source(Compression.NONE), 0));
    NarFileName name = new NarFileName(shared.id().hash().nix32(), Compression.NONE);
    assertArrayEquals(sibling, read(node.nars().find(name).orElseThrow(), 0));
    assertEquals(0, fetches());
  }

  /**
   * The new frame comes from another compressor, so the frame lengths in the sibling's rows are
   * wrong.
   */
  @Test
  void aChunkWrittenAnewInAnotherFrameMakesNoSiblingWrong() throws IOException {
    byte[] sibling = Arrays.copyOf(NAR, NAR.length + 1000);
    StoredChunks shared = StoredChunks.store(node.database(), blobs(), Shape.usual(), sibling);
    for (ChunkPlace place : stored.places()) {
      blobs().lose(place.pack());
    }
    node.close();
    node = Node.open(folder, around().in(CdcMode.EAGER), upstream);
    assertEquals(Outcome.RIGHT, reading(0));
    node.awaitIdle();
    ChunkPlace anew = node.database().chunks().places(numbers(stored)).get(0);
    assertEquals(stored.places().get(0).number(), anew.number());
    assertNotEquals(stored.places().get(0).storedLength(), anew.storedLength());

    NarFileName name = new NarFileName(shared.id().hash().nix32(), Compression.NONE);
    assertArrayEquals(sibling, read(node.nars().find(name).orElseThrow(), 0));
    NarSource frames =
        node.nars().find(new NarFileName(name.stem(), Compression.ZSTD)).orElseThrow();
    assertThrows(IOException.class, () -> read(frames, 0));
    assertThrows(IOException.class, () -> read(frames, shared.framesLength() - 1));
    assertEquals(Optional.empty(), node.database().findNar(shared.id().hash()));
  }

  private static long[] numbers(StoredChunks of) {
    return of.places().stream().mapToLong(ChunkPlace::number).toArray();
  }

  @Test
  void readingWhereAnUploaderLooksChangesNothing() throws IOException {
    blobs().lose(stored.placeOf(NAR.length / 2).pack());
    NarSource here = node.nars().findHere(SAMPLE.narName()).orElseThrow();

    assertThrows(IOException.class, () -> read(here, 0));
    assertEquals(List.of(Form.CHUNKED), forms());
  }

  @Test
  void aPartReadsOnlyTheChunksItLiesIn() throws IOException {
    long middle = NAR.length / 2;
    String needed = stored.placeOf(middle).pack();
    NarSource part = new PartSource(source(Compression.NONE), middle, 100, "tag");
    for (ChunkPlace place : stored.places()) {
      if (!place.pack().equals(needed)) {
        blobs().lose(place.pack());
      }
    }

    assertArrayEquals(Arrays.copyOfRange(NAR, (int) middle, (int) middle + 100), read(part, 0));
  }

  @Test
  void memoryIsFreeAgainWhateverBecameOfTheReading() throws IOException {
    DecoderBudget budget = new DecoderBudget(64 << 20);
    long before = budget.freeBytes();
    StoredForms forms = forms(budget);
    var nar = node.database().findNar(SAMPLE.id().hash()).orElseThrow();
    NarSource source =
        forms.source(nar, nar.representations().get(0), Compression.NONE, lost -> {});
    read(source, 0);
    blobs().lose(stored.places().get(0).pack());
    assertThrows(IOException.class, () -> read(source, 0));
    source.open(NAR.length - 1).close();

    assertEquals(before, budget.freeBytes());
  }

  @Test
  void manyReadersOfChunksLeaveRoomForADecoderOfAFile() throws IOException {
    DecoderBudget budget = new DecoderBudget(80 << 20);
    StoredForms forms = forms(budget);
    var nar = node.database().findNar(SAMPLE.id().hash()).orElseThrow();
    NarSource source =
        forms.source(nar, nar.representations().get(0), Compression.NONE, lost -> {});
    List<InputStream> slow = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      slow.add(source.open(i));
    }
    byte[] file = SAMPLE.bytes(SAMPLE.fileName(), 0);
    try (InputStream decoded =
        budget
            .share(Work.READING)
            .decode(SAMPLE.compression(), new ByteArrayInputStream(file), NAR.length)) {
      assertArrayEquals(NAR, decoded.readAllBytes());
    }
    for (int i = 0; i < slow.size(); i++) {
      try (InputStream in = slow.get(i)) {
        assertArrayEquals(Arrays.copyOfRange(NAR, i, NAR.length), in.readAllBytes());
      }
    }
  }
}
