package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients get of a NAR whose form was changed. */
class MigratedNarTest {
  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(CdcMode mode) throws IOException {
    return Node.open(folder, Node.Options.usual().in(mode), upstream);
  }

  private static void assertRead(Node node, Sample sample, NarFileName name) {
    assertEquals(Outcome.RIGHT, Reading.start(node, sample, name, 0).outcome());
    node.awaitIdle();
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"NONE", "XZ", "ZSTD", "GZIP"})
  void aNarThatBecomesAFileIsAdvertisedAndServedAsTheNar(Compression compression)
      throws IOException {
    Sample sample = Sample.of(81, compression).publish(upstream);
    try (Node node = open(CdcMode.EAGER)) {
      node.narInfo(sample);
      assertRead(node, sample, name(sample));
    }
    upstream.goDown();
    try (Node node = open(CdcMode.OFF)) {
      node.chores().migrate(CdcMode.OFF, Map.of("to", "whole"));
      node.chores().collect();

      NarFile file = node.narInfo(sample).orElseThrow().file();

      assertEquals(Compression.NONE, file.compression());
      assertEquals(sample.id().hash(), file.hash());
      assertEquals(Long.valueOf(sample.id().sizeBytes()), file.sizeBytes());
      assertEquals("nar/" + name(sample).print(), file.url());
      assertRead(node, sample, name(sample));
      assertEquals(1, node.blobFiles().size());
    }
  }

  /** The name of the NAR. That of a gzip file has no extension, so it can't be the NAR's too. */
  private static NarFileName name(Sample sample) {
    return sample.compression() == Compression.GZIP
        ? new NarFileName(sample.id().hash().nix32(), Compression.NONE)
        : sample.narName();
  }
}
