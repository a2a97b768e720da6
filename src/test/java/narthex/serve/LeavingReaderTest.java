package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.stream.DecoderShare.Watch;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Readers of a NAR in flight whose client leaves while they wait for its last bytes. */
class LeavingReaderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @AfterEach
  void close() {
    upstream.close();
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void theCheckOfANarIsNotAwaitedForAClientThatHasLeft(CdcMode mode) throws Exception {
    Sample sample = Sample.of(130, Compression.GZIP).publish(upstream);
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));
    IOException gone = new IOException("client gone");
    Watch leaving =
        () -> {
          throw gone;
        };
    try (Node node = Node.open(folder, Node.Options.usual().in(mode), upstream)) {
      node.narInfo(sample);
      for (NarFileName name : List.of(sample.fileName(), sample.narName())) {
        try (NarSource source = node.nars().find(name).orElseThrow();
            InputStream in = source.open(0, leaving)) {
          gate.awaitArrivals(1, PATIENCE);
          assertEquals(sample.bytes(name, 0)[0], (byte) in.read());

          IOException thrown =
              assertThrows(IOException.class, () -> source.awaitComplete(leaving), name.print());

          assertSame(gone, thrown);
        }
      }
      gate.open();
    }
  }
}
