package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** All packs are lost or damaged, those of a stored NAR and those of a NAR in flight. */
class LostPacksTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final NarTree COMMON = NarTree.random(91, 600_000);
  private static final Sample SAMPLE = Sample.of("before", COMMON.nar(), Compression.ZSTD);
  private static final Sample SIBLING =
      Sample.of(
          "sibling",
          NarTree.directory(Map.of("a", COMMON, "b", NarTree.random(92, 300_000))).nar(),
          Compression.ZSTD);
  private static final byte[] SIBLING_NAR = SIBLING.bytes(SIBLING.narName(), 0);

  /**
   * Bytes of the sibling that are cut before the gate stops its download. They are all in the
   * shared part.
   */
  private static final int CUT_BYTES = 300_000;

  /** The damage to every pack. */
  enum Damage {
    DELETED,
    /** Every frame has a wrong byte. */
    FLIPPED;

    void to(List<Path> packs) throws IOException {
      for (Path pack : packs) {
        if (this == DELETED) {
          Files.delete(pack);
        } else {
          byte[] bytes = Files.readAllBytes(pack);
          for (int i = 100; i < bytes.length; i += 200) {
            bytes[i] ^= 1;
          }
          Files.write(pack, bytes);
        }
      }
    }
  }

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private Node node;
  private List<Path> packs;

  @BeforeEach
  void store() throws IOException {
    node = Node.open(folder, Node.Options.usual().in(CdcMode.EAGER), upstream);
    for (Sample sample : List.of(SAMPLE, SIBLING)) {
      sample.publish(upstream);
      assertTrue(node.narInfo(sample).isPresent());
    }
    assertEquals(Outcome.RIGHT, read(SAMPLE));
    packs = node.blobFiles();
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private Outcome read(Sample sample) {
    Outcome outcome = Reading.start(node, sample, sample.narName(), 0).outcome();
    node.awaitIdle();
    return outcome;
  }

  private int fetches(Sample sample) {
    return upstream.requests().count("GET", sample.narTarget());
  }

  private List<Form> forms(Sample sample) throws IOException {
    return node.database().findNar(sample.id().hash()).stream()
        .flatMap(nar -> nar.representations().stream())
        .map(Representation::form)
        .toList();
  }

  private void assertServedFromHere(Sample sample) throws IOException {
    assertEquals(List.of(Form.CHUNKED), forms(sample));
    upstream.goDown();
    assertEquals(Outcome.RIGHT, read(sample));
  }

  @Test
  void anUploadHealsAllThatIsDamaged() throws IOException {
    Damage.FLIPPED.to(packs);
    assertEquals(Outcome.FAILED, read(SAMPLE));

    byte[] file = SAMPLE.bytes(SAMPLE.fileName(), 0);
    node.narUpload()
        .store(SAMPLE.fileName(), OptionalLong.of(file.length), new ByteArrayInputStream(file));

    assertServedFromHere(SAMPLE);
  }

  @ParameterizedTest
  @CsvSource({"DELETED, true", "DELETED, false", "FLIPPED, true", "FLIPPED, false"})
  void whateverIsLostTheNextRequestHealsAllOfIt(Damage damage, boolean firstToo)
      throws IOException {
    String first = node.database().chunks().places(new long[] {1}).get(0).pack();
    damage.to(packs.stream().filter(file -> firstToo || !file.toString().endsWith(first)).toList());

    Outcome before = read(SAMPLE);
    assertEquals(
        damage == Damage.DELETED && firstToo ? Outcome.RIGHT : Outcome.FAILED,
        before,
        "what is lost at the start is known before the first byte");

    assertEquals(Outcome.RIGHT, read(SAMPLE));
    assertEquals(2, fetches(SAMPLE));
    assertServedFromHere(SAMPLE);
  }

  /** Starts a flight, and returns a follower that has read less than was cut. */
  private InputStream follow(Gate gate) throws IOException {
    upstream.fail(SIBLING.narTarget(), Fault.stallAfter(SIBLING.fileBytes() * 3L / 4, gate), 1);
    NarSource source = node.nars().find(SIBLING.narName()).orElseThrow();
    gate.awaitArrivals(1, SOON);
    try (InputStream ahead = source.open(0)) {
      assertArrayEquals(Arrays.copyOf(SIBLING_NAR, CUT_BYTES), ahead.readNBytes(CUT_BYTES));
    }
    InputStream in = source.open(0);
    assertArrayEquals(Arrays.copyOf(SIBLING_NAR, 1000), in.readNBytes(1000));
    return in;
  }

  private static byte[] readAll(NarSource source) throws IOException {
    try (InputStream in = source.open(0)) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void aFollowerThatMeetsALostChunkRecordsItAndTheFlightIsStoredWithoutIt(Damage damage)
      throws IOException {
    Gate gate = new Gate();
    try (InputStream in = follow(gate)) {
      damage.to(packs);

      assertThrows(IOException.class, () -> in.readNBytes(CUT_BYTES));

      try (NarSource next = node.nars().find(SIBLING.narName()).orElseThrow();
          NarSource file = node.nars().find(SIBLING.fileName()).orElseThrow()) {
        gate.open();
        assertArrayEquals(SIBLING_NAR, readAll(next));
        assertArrayEquals(SIBLING.bytes(SIBLING.fileName(), 0), readAll(file));
      }
    }
    node.awaitIdle();
    assertEquals(1, fetches(SIBLING));
    assertServedFromHere(SIBLING);
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void aFollowerThatMeetsALostChunkWhenTheFlightIsStoredDropsItForTheNextRequest(Damage damage)
      throws IOException {
    Gate gate = new Gate();
    try (InputStream in = follow(gate)) {
      gate.open();
      node.awaitIdle();
      assertEquals(List.of(Form.CHUNKED), forms(SIBLING));
      damage.to(packs);

      assertThrows(IOException.class, in::readAllBytes);
    }
    assertEquals(List.of(), forms(SIBLING));

    assertEquals(Outcome.RIGHT, read(SIBLING));
    assertEquals(2, fetches(SIBLING));
    assertServedFromHere(SIBLING);
  }

  /** The server knows only the file name of this NAR, not its NarHash. */
  @Test
  void aFollowerOfANamelessFlightRecordsALostChunkToo() throws IOException {
    node.database().deleteNarInfo(SIBLING.hash());
    Gate gate = new Gate();
    try (InputStream in = follow(gate)) {
      Damage.DELETED.to(packs);
      assertThrows(IOException.class, () -> in.readNBytes(CUT_BYTES));
      gate.open();
    }
    node.awaitIdle();

    assertServedFromHere(SIBLING);
    assertEquals(1, fetches(SIBLING));
  }
}
