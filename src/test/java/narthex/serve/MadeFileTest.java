package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.Form;
import narthex.db.NarInfoRow;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.serve.Advertising.Chunked;
import narthex.stream.Decoders;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client requests a compressed file that exists nowhere any more. */
class MadeFileTest {
  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(CdcMode mode) throws IOException {
    return Node.open(folder, Node.Options.usual().in(mode).withChunked(Chunked.AS_ZSTD), upstream);
  }

  private static void assertValid(Node node, Sample sample, NarFileName name) throws IOException {
    try (NarSource source = node.nars().find(name).orElseThrow();
        InputStream in = source.open(0)) {
      assertEquals(name.compression(), source.compression());
      assertEquals(Optional.empty(), source.entityTag());
      assertArrayEquals(
          sample.bytes(sample.narName(), 0),
          Decoders.decode(name.compression(), in).readAllBytes());
    }
    assertEquals("", node.nars().probe(name).orElseThrow().entityTag());
  }

  private static String fileHash(NarFile file) {
    return Objects.requireNonNull(file.hash()).nix32();
  }

  /** Returns a sample whose URL contains the NarHash, as on cache.nixos.org. */
  private static Sample namedByNarHash(int seed) {
    return Sample.of(seed, Compression.ZSTD)
        .saying(
            file ->
                new NarFile(
                    "nar/" + Sample.of(seed, Compression.ZSTD).id().hash().nix32() + ".nar.zst",
                    file.compression(),
                    file.hash(),
                    file.sizeBytes()));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void anUploadedFileOfWhichOnlyChunksAreLeftIsAnsweredByAValidOne(Compression compression)
      throws IOException {
    Sample sample = Sample.of("made", NarTree.mixed(110, 200_000).nar(), compression);
    try (Node node = open(CdcMode.EAGER)) {
      byte[] file = sample.bytes(sample.fileName(), 0);
      node.narUpload()
          .store(sample.fileName(), OptionalLong.of(file.length), new ByteArrayInputStream(file));
      node.narInfoUpload().store(sample.hash(), sample.narInfo().print());

      NarFileName asked = new NarFileName(sample.fileName().stem(), compression);
      assertValid(node, sample, asked);
      upstream.goDown();
      assertValid(node, sample, asked);
    }
  }

  @Test
  void aFileInAnotherCompressionIsMadeIntoTheOneThatIsRemembered() throws IOException {
    Sample before = Sample.of(111, Compression.XZ).publish(upstream);
    Sample after = Sample.of(111, Compression.ZSTD);
    try (Node node = open(CdcMode.OFF)) {
      node.narInfo(before);
      upstream.remove(before.narTarget());
      after.publish(upstream);

      assertValid(node, before, before.fileName()); // fetched upstream in the other compression
      node.awaitIdle();
      assertTrue(node.isStored(before));
      assertValid(node, before, before.fileName());
      assertEquals(1, upstream.requests().count("GET", after.narTarget()));
    }
  }

  @Test
  void aNameThatNeverMeantThisNarIsAbsent() throws IOException {
    Sample sample = Sample.of(112, Compression.XZ).publish(upstream);
    try (Node node = open(CdcMode.EAGER)) {
      node.narInfo(sample);
      Sample other = Sample.of(113, Compression.XZ);

      assertEquals(Outcome.ABSENT, Reading.start(node, other, other.fileName(), 0).outcome());
      assertTrue(node.nars().probe(other.fileName()).isEmpty());
    }
  }

  @Test
  void framesNeverGoByTheNameOfTheUpstreamsFileWithItsTagOrRanges() throws IOException {
    Sample sample = namedByNarHash(114).publish(upstream);
    String tag = fileHash(sample.narInfo().file());
    NarFileName name = sample.fileName();
    try (Node off = open(CdcMode.OFF)) {
      off.narInfo(sample);
      assertEquals(Outcome.RIGHT, Reading.start(off, sample, name, 0).outcome());
      off.awaitIdle();
      assertEquals(tag, off.nars().find(name).orElseThrow().entityTag().orElseThrow());
      assertEquals(tag, off.nars().probe(name).orElseThrow().entityTag());
      assertTrue(off.chores().chunk(sample));
      off.database().deleteRepresentation(sample.id().hash(), whole(off, sample), Instant.EPOCH);
    }
    try (Node eager = open(CdcMode.EAGER)) {
      eager.chores().hash();
      NarFile told = eager.narInfo(sample).orElseThrow().file();
      NarFileName frames = NarFileName.parse(told.url().substring("nar/".length()));
      assertEquals(Compression.ZSTD, told.compression());
      assertEquals(fileHash(told), frames.stem());
      assertEquals(
          fileHash(told), eager.nars().find(frames).orElseThrow().entityTag().orElseThrow());

      try (NarSource trueFile = eager.nars().find(name).orElseThrow();
          InputStream in = trueFile.open(0)) {
        assertEquals(Optional.of(tag), trueFile.entityTag());
        assertArrayEquals(sample.bytes(name, 0), in.readAllBytes());
      }
      eager.awaitIdle();
      upstream.remove(sample.narTarget());
      assertValid(eager, sample, name);
      upstream.goDown();
      assertValid(eager, sample, name);
    }
  }

  private static Representation whole(Node node, Sample sample) throws IOException {
    return node.database()
        .findNar(sample.id().hash())
        .orElseThrow()
        .find(Form.WHOLE, Compression.ZSTD)
        .orElseThrow();
  }

  @Test
  void anotherFileUnderTheSameNameHasNoTag() throws IOException {
    Sample sample = namedByNarHash(115).publish(upstream);
    try (Node node = open(CdcMode.OFF)) {
      node.narInfo(sample);
      assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.fileName(), 0).outcome());
      node.awaitIdle();
      NarFile file = sample.narInfo().file();
      Sample other =
          sample.saying(
              said -> new NarFile(said.url(), said.compression(), sample.id().hash(), null));
      node.database()
          .storeNarInfo(
              new NarInfoRow(
                  other.narInfo(), upstream.url(), sample.id().hash().nix32(), Instant.EPOCH));

      node.nars().narChanged(sample.id().hash());
      assertEquals(
          Optional.empty(),
          node.nars().find(sample.fileName()).orElseThrow().entityTag(),
          "clients may have begun " + file.hash());
    }
  }

  @Test
  void afterDamageAnAdvertisedZstdFileIsHealedByTheNextRequestForIt() throws IOException {
    Sample sample = Sample.of(116, Compression.XZ).publish(upstream);
    try (Node node = open(CdcMode.EAGER)) {
      node.narInfo(sample);
      assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.narName(), 0).outcome());
      node.awaitIdle();
      node.chores().hash();
      NarFile told = node.narInfo(sample).orElseThrow().file();
      NarFileName frames = NarFileName.parse(told.url().substring("nar/".length()));
      assertEquals(Compression.ZSTD, frames.compression());
      for (Path pack : node.blobFiles()) {
        Files.delete(pack);
      }

      assertValid(node, sample, frames);
      node.awaitIdle();
      node.chores().hash();
      assertEquals(told, node.narInfo(sample).orElseThrow().file());
      assertEquals(
          fileHash(told), node.nars().find(frames).orElseThrow().entityTag().orElseThrow());
    }
  }
}
