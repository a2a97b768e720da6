package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Node.Options;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that take zstd while a NAR comes in and is cut into chunks. */
class FramesInFlightTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int NAR_BYTES = 600_000;
  private static final int BEGIN = 50_000;

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final Gate gate = new Gate();

  @SuppressWarnings("NullAway.Init") // each test calls open first
  private Node node;

  @BeforeEach
  void open() throws IOException {
    node = Node.open(folder, Options.usual().in(CdcMode.EAGER), upstream);
  }

  @AfterEach
  void close() throws IOException {
    gate.open();
    node.close();
    upstream.close();
  }

  private static Sample sample(Compression compression) {
    return Sample.of("framed", NarTree.mixed(1, NAR_BYTES).nar(), compression);
  }

  /** Publishes a sample; the response for its file stalls in the middle. */
  private Sample stalled(Sample sample) throws IOException {
    sample.publish(upstream);
    assertTrue(node.narInfo(sample).isPresent());
    upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
    return sample;
  }

  private NarSource find(NarFileName name) throws IOException {
    return node.nars().find(name).orElseThrow();
  }

  private byte[] coded(Sample sample) throws IOException {
    try (NarSource source = find(sample.narName());
        InputStream in = source.coded().orElseThrow().open(0)) {
      return in.readAllBytes();
    }
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "NONE", "GZIP"})
  void theFramesThatAreSentAreThoseThatAreStored(Compression compression) throws Exception {
    Sample sample = stalled(sample(compression));
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (NarSource source = find(sample.narName());
        InputStream in = source.coded().orElseThrow().open(0)) {
      sent.write(in.readNBytes(BEGIN));
      gate.awaitArrivals(1, PATIENCE);
      assertFalse(node.isStored(sample), "the client reads before the NAR is stored");
      gate.open();
      in.transferTo(sent);
    }
    node.awaitIdle();

    assertTrue(node.isStored(sample));
    assertArrayEquals(coded(sample), sent.toByteArray(), "nothing is compressed twice");
    assertArrayEquals(sample.bytes(sample.narName(), 0), decode(sent.toByteArray()));
    assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void theZstdFileOfTheUpstreamIsSentAsItComesIn() throws Exception {
    Sample sample = stalled(sample(Compression.ZSTD));
    try (NarSource source = find(sample.narName());
        InputStream in = source.coded().orElseThrow().open(0)) {
      byte[] begin = in.readNBytes(1_000);
      gate.open();

      byte[] file = sample.bytes(sample.fileName(), 0);
      assertArrayEquals(file, concatenated(begin, in.readAllBytes()));
    }
  }

  private static byte[] concatenated(byte[] begin, byte[] rest) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(begin);
    all.write(rest);
    return all.toByteArray();
  }

  @Test
  void framesAreTheZstdFileThatNoUpstreamHas() throws Exception {
    Sample sample = stalled(sample(Compression.XZ));
    gate.open();
    NarFileName zstd = new NarFileName(sample.narName().stem(), Compression.ZSTD);
    byte[] made;
    try (NarSource source = find(zstd);
        InputStream in = source.open(0)) {
      assertTrue(source.entityTag().isEmpty());
      made = in.readAllBytes();
    }
    node.awaitIdle();

    assertArrayEquals(coded(sample), made);
  }

  @Test
  void aNarThatIsOneChunkIsSentWhenItIsVerified() throws Exception {
    Sample sample =
        Sample.of(
            "small", NarTree.directory(Map.of("a", NarTree.file("small"))).nar(), Compression.XZ);
    sample.publish(upstream);
    assertTrue(node.narInfo(sample).isPresent());

    assertArrayEquals(sample.bytes(sample.narName(), 0), decode(coded(sample)));
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "NONE"})
  void ofAWrongNarTheFramesAreNeverWhole(Compression compression) throws Exception {
    Sample right = sample(compression);
    NarId lie = new NarId(Sha256.of(new byte[Sha256.BYTES]), right.id().sizeBytes());
    Sample sample = stalled(right.sayingNar(lie));
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (NarSource source = find(sample.narName());
        InputStream in = source.coded().orElseThrow().open(0)) {
      sent.write(in.readNBytes(1)); // before the NAR fails
      gate.open();
      assertThrows(IOException.class, () -> in.transferTo(sent));
    }

    assertTrue(sent.size() > 0);
    assertTrue(Decoders.decodable(Compression.ZSTD, sent.toByteArray()) < sample.narBytes());
  }
}
