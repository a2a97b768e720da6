package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
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

/** A NAR that is asked for again and again and isn't stored in the form that is sent. */
class PopularNarTest {
  private static final byte[] NAR = NarTree.mixed(71, 400_000).nar();
  private static final Sample SAMPLE = Sample.of("popular", NAR, Compression.XZ);
  private static final NarFileName PLAIN =
      new NarFileName(SAMPLE.fileName().stem(), Compression.NONE);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private Node node;

  @BeforeEach
  void open() throws IOException {
    SAMPLE.publish(upstream);
    node = Node.open(folder, upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private NarSource source() throws IOException {
    return node.nars().find(PLAIN).orElseThrow();
  }

  private static byte[] read(NarSource source, long from) throws IOException {
    try (source;
        InputStream in = source.open(from)) {
      return in.readAllBytes();
    }
  }

  private static byte[] file(NarSource source) throws IOException {
    return Files.readAllBytes(source.localFile().orElseThrow());
  }

  @Test
  void aPopularChunkedNarIsALocalFileDecodedAndAsFrames() throws IOException {
    StoredChunks chunks = StoredChunks.store(node.database(), node.blobs(), Shape.usual(), NAR);
    for (int i = 0; i < 3; i++) {
      assertTrue(source().localFile().isEmpty());
      assertArrayEquals(NAR, read(source(), 0));
      node.awaitIdle();
      assertArrayEquals(chunks.frames(), read(source().coded().orElseThrow(), 0));
      node.awaitIdle();
    }
    assertArrayEquals(NAR, file(source()));
    assertArrayEquals(chunks.frames(), file(source().coded().orElseThrow()));
    assertArrayEquals(chunks.frames(), file(source().encoded(Compression.ZSTD).orElseThrow()));
    assertEquals(NAR.length, node.nars().localFileBytes(PLAIN).orElseThrow());
    assertArrayEquals(Arrays.copyOfRange(NAR, 12_345, NAR.length), read(source(), 12_345));
    assertEquals(SAMPLE.id().hash().nix32(), source().entityTag().orElseThrow());
  }

  @Test
  void aPopularNarThatIsStoredAsAnXzFileIsDecodedOnce() throws IOException {
    assertEquals(Outcome.RIGHT, Reading.start(node, SAMPLE, SAMPLE.fileName(), 0).outcome());
    node.awaitIdle();
    for (int i = 0; i < 3; i++) {
      assertTrue(source().localFile().isEmpty());
      assertArrayEquals(NAR, read(source(), 0));
      node.awaitIdle();
    }
    assertArrayEquals(NAR, file(source()));
    NarSource stored = node.nars().find(SAMPLE.fileName()).orElseThrow();
    assertTrue(node.blobFiles().contains(stored.localFile().orElseThrow()));
  }

  @Test
  void aFileThatWasShortenedIsReplacedByTheStoredForm() throws IOException {
    StoredChunks.store(node.database(), node.blobs(), Shape.usual(), NAR);
    for (int i = 0; i < 3; i++) {
      read(source(), 0);
      node.awaitIdle();
    }
    Files.write(source().localFile().orElseThrow(), Arrays.copyOf(NAR, 1_000));
    assertTrue(source().localFile().isEmpty());
    assertArrayEquals(NAR, read(source(), 0));
  }

  @Test
  void aFileThatIsGoneIsReplacedByTheStoredForm() throws IOException {
    StoredChunks.store(node.database(), node.blobs(), Shape.usual(), NAR);
    for (int i = 0; i < 3; i++) {
      read(source(), 0);
      node.awaitIdle();
    }
    Files.delete(source().localFile().orElseThrow());
    assertArrayEquals(NAR, read(source(), 0));
  }
}
