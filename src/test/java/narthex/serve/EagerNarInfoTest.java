package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import narthex.db.NarInfoRow;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Served narinfos in CDC mode eager, compared with the other modes. */
class EagerNarInfoTest {
  private static final Sample XZ = Sample.of(41, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(CdcMode mode) throws IOException {
    return Node.open(folder, Node.Options.usual().in(mode), upstream);
  }

  private static void assertPredictive(Sample sample, NarInfo served) {
    NarFile file = new NarFile("nar/" + sample.narName().print(), Compression.NONE, null, null);
    assertEquals(file, served.file());
    assertTrue(served.isSignedBy(List.of(Sample.KEY.publicKey())));
    assertTrue(served.isSignedBy(List.of(Node.KEY.publicKey())));
    assertFalse(served.print().contains("FileHash"));
    assertFalse(served.print().contains("FileSize"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"GZIP"},
      mode = EnumSource.Mode.EXCLUDE)
  void theFirstAnswerSaysNoneBeforeAnyByteOfTheNarIsHere(Compression compression)
      throws IOException {
    Sample sample = Sample.of(42, compression).publish(upstream);
    try (Node node = open(CdcMode.EAGER)) {
      assertPredictive(sample, node.narInfo(sample).orElseThrow());
      assertEquals(0, upstream.requests().count(sample.narTarget()));

      assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.narName(), 0).outcome());
      node.awaitIdle();
      assertPredictive(sample, node.narInfo(sample).orElseThrow());
    }
  }

  @Test
  void aNarOfWhichThereIsAGzipGoesByItsOwnHash() throws IOException {
    Sample sample = Sample.of(43, Compression.GZIP).publish(upstream);
    try (Node node = open(CdcMode.EAGER)) {
      NarFile file = node.narInfo(sample).orElseThrow().file();

      assertEquals("nar/" + sample.id().hash().nix32() + ".nar", file.url());
      assertEquals(Compression.NONE, file.compression());
    }
  }

  @Test
  void theRowKeepsWhatUpstreamSaid() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(CdcMode.EAGER)) {
      assertTrue(node.narInfo(XZ).isPresent());

      NarInfoRow row = node.database().findNarInfo(XZ.hash()).orElseThrow();
      assertEquals(XZ.narInfo(), row.said());
    }
  }

  @Test
  void aRowOfAnotherModeSaysNone() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(CdcMode.OFF)) {
      assertEquals(XZ.narInfo().file(), node.narInfo(XZ).orElseThrow().file());
      assertEquals(Outcome.RIGHT, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
      node.awaitIdle();
    }
    upstream.goDown();
    try (Node node = open(CdcMode.EAGER)) {
      assertPredictive(XZ, node.narInfo(XZ).orElseThrow());
      assertEquals(Outcome.RIGHT, Reading.start(node, XZ, XZ.narName(), 0).outcome());
      assertEquals(Outcome.RIGHT, Reading.start(node, XZ, XZ.fileName(), 0).outcome());
    }
  }

  @Test
  void lazyAndOffSayWhatUpstreamSaid() throws IOException {
    XZ.publish(upstream);
    for (CdcMode mode : List.of(CdcMode.LAZY, CdcMode.OFF)) {
      try (Node node = open(mode)) {
        assertEquals(XZ.narInfo().file(), node.narInfo(XZ).orElseThrow().file());
      }
    }
  }

  @Test
  void theLastWordKeepsAllThatIsSigned() {
    Advertising eager = new Advertising(CdcMode.EAGER, Advertising.Chunked.AS_NONE);
    byte[] text = XZ.narInfo().print().getBytes(StandardCharsets.UTF_8);

    ServedNarInfo told = eager.lastWord(text).orElseThrow();

    NarFile file = new NarFile("nar/" + XZ.narName().print(), Compression.NONE, null, null);
    assertEquals(XZ.narInfo().withFile(file), told.narInfo());
    assertTrue(told.narInfo().isSignedBy(List.of(Sample.KEY.publicKey())));
    assertEquals(Optional.empty(), eager.lastWord(told.bytes()));
    assertEquals(
        Optional.empty(),
        new Advertising(CdcMode.LAZY, Advertising.Chunked.AS_NONE).lastWord(text));
  }

  @Test
  void theLastWordNamesAnUnconventionalFileByTheNarHash() {
    Sample odd =
        XZ.saying(
            file -> new NarFile("x/y?z=1", file.compression(), file.hash(), file.sizeBytes()));
    byte[] text = odd.narInfo().print().getBytes(StandardCharsets.UTF_8);

    ServedNarInfo told =
        new Advertising(CdcMode.EAGER, Advertising.Chunked.AS_NONE).lastWord(text).orElseThrow();

    NarFile file = Objects.requireNonNull(told).narInfo().file();
    assertEquals("nar/" + XZ.id().hash().nix32() + ".nar", file.url());
  }
}
