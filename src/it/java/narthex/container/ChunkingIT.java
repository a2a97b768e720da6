package narthex.container;

import static narthex.container.WarClient.header;
import static narthex.container.WarClient.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.Extent;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.FileTrees;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Eager chunking in application servers, as far as HTTP matters. */
@InApplicationServer
class ChunkingIT {
  private final WarClient war = new WarClient("/chunking");
  private final int seed = (int) (System.nanoTime() & 0xffffff);
  private FaultyUpstream upstream;

  /** The settings file exists for this deployment only. */
  @Deployment(testable = false)
  static WebArchive narthex() throws IOException {
    ServerSettings.write("narthex.cdc.mode=eager");
    return BuiltWar.named("chunking.war");
  }

  @AfterAll
  static void deleteSettings() throws IOException {
    ServerSettings.delete();
  }

  @BeforeEach
  void startUpstream() {
    upstream = FaultyUpstream.start(Integer.getInteger("it.upstream.port"));
    NarFixture.publishCacheInfo(upstream, 40);
  }

  @AfterEach
  void stopUpstream() {
    upstream.close();
  }

  private Sample sample(String name, int bytes) {
    Sample sample =
        Sample.of(name, NarTree.random(seed + name.hashCode(), bytes).nar(), Compression.XZ);
    return sample.publish(upstream);
  }

  private static byte[] nar(Sample sample) {
    return sample.bytes(sample.narName(), 0);
  }

  private static byte[] decode(Compression compression, byte[] file) throws IOException {
    try (InputStream in = Decoders.decode(compression, new ByteArrayInputStream(file))) {
      return in.readAllBytes();
    }
  }

  private void assertNone(Sample sample) throws IOException {
    assertEquals(
        new NarFile("nar/" + sample.narName().print(), Compression.NONE, null, null),
        war.narInfo(sample).file());
  }

  /** Fetches a NAR and waits until its chunks are committed. */
  private Sample stored(String name, int bytes) throws IOException {
    Sample sample = sample(name, bytes);
    assertNone(sample);
    assertArrayEquals(nar(sample), war.get(path(sample.narName())).body());
    String there = "/upload" + path(sample.narName());
    for (int i = 0; war.get(there, "Range", "bytes=0-0").statusCode() != 206; i++) {
      assertTrue(i < 10_000, "the NAR is not stored");
    }
    return sample;
  }

  private static Set<Path> packs() throws IOException {
    Path folder = LeftDataCheck.data().resolve("blobs").resolve("blobs").resolve("pack");
    return Files.exists(folder) ? new HashSet<>(FileTrees.files(folder)) : Set.of();
  }

  @Test
  void theNarInfoSaysNoneBeforeAnyByteIsHereAndTheNarFollows() throws IOException {
    Sample sample = sample("cold", 3_000_000);
    assertNone(sample);
    assertEquals(0, upstream.requests().count("GET", sample.narTarget()));

    HttpResponse<byte[]> cold = war.get(path(sample.narName()));

    assertEquals(200, cold.statusCode());
    assertEquals(Integer.toString(sample.narBytes()), header(cold, "content-length"));
    assertArrayEquals(nar(sample), cold.body());
    assertNone(sample);
    assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void aNarThatAnotherModeStoredWholeSaysNoneToo() throws IOException {
    Sample sample = sample("legacy", 300_000);
    assertNone(sample);
    byte[] file = sample.bytes(sample.fileName(), 0);
    String key = "nar/legacy/" + sample.fileName().stem();
    String url = "jdbc:sqlite:" + LeftDataCheck.data().resolve("narthex.db");
    try (Database database = Database.open(new DatabaseAddress(url, null, null, null));
        BlobStore blobs = DirectoryBlobStore.open(LeftDataCheck.data().resolve("blobs"));
        BlobSink sink = blobs.create(key)) {
      sink.write(file, 0, file.length);
      sink.commit();
      Extent whole = new Extent(key, 0, file.length, file.length);
      database.storeRepresentation(
          sample.id(),
          new Representation(
              Form.WHOLE,
              Compression.XZ,
              sample.fileName().hash().orElseThrow(),
              file.length,
              List.of(whole)),
          Instant.now());
    }

    assertNone(sample);
    assertArrayEquals(nar(sample), war.get(path(sample.narName())).body());
    assertArrayEquals(file, war.get(path(sample.fileName())).body());
    assertEquals(0, upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void inFlightTheNarIsDecodedAndTheCompressedNameGivesTheTrueBytes() throws IOException {
    Sample sample = sample("flight", 6_000_000);
    byte[] file = sample.bytes(sample.fileName(), 0);
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(5_000_000, gate), 1);
    assertNone(sample);

    HttpResponse<InputStream> plain = war.ask(path(sample.narName()), BodyHandlers.ofInputStream());
    HttpResponse<InputStream> xz = war.ask(path(sample.fileName()), BodyHandlers.ofInputStream());
    try (InputStream inNar = plain.body();
        InputStream inFile = xz.body()) {
      gate.awaitArrivals(1, WarClient.SOON);
      assertEquals(200, xz.statusCode());
      assertArrayEquals(Arrays.copyOf(file, 3_000_000), inFile.readNBytes(3_000_000));
      assertArrayEquals(Arrays.copyOf(nar(sample), 2_000_000), inNar.readNBytes(2_000_000));
      gate.open();
      assertArrayEquals(sample.bytes(sample.fileName(), 3_000_000), inFile.readAllBytes());
      assertArrayEquals(sample.bytes(sample.narName(), 2_000_000), inNar.readAllBytes());
    }
    assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void aCompressedNameOfAChunkedNarIsPassedThroughOrMade() throws IOException {
    Sample sample = stored("through", 300_000);

    assertArrayEquals(sample.bytes(sample.fileName(), 0), war.get(path(sample.fileName())).body());
    upstream.remove(sample.narTarget()).remove(sample.narInfoTarget());
    HttpResponse<byte[]> gone = war.get(path(sample.fileName()));
    for (int i = 0; i < 1000 && !header(gone, "etag").isEmpty(); i++) { // until the NAR is stored
      assertArrayEquals(sample.bytes(sample.fileName(), 0), gone.body());
      gone = war.get(path(sample.fileName()));
    }
    assertEquals(200, gone.statusCode());
    assertEquals("", header(gone, "accept-ranges"));
    assertArrayEquals(nar(sample), decode(Compression.XZ, gone.body()));
    assertArrayEquals(nar(sample), war.get(path(sample.narName())).body());
  }

  @Test
  void framesAreTheZstdFileAndTheContentCoding() throws IOException {
    Sample sample = stored("frames", 1_000_000);
    String zstd = path(new NarFileName(sample.fileName().stem(), Compression.ZSTD));

    HttpResponse<byte[]> file = war.get(zstd);
    HttpResponse<byte[]> rest = war.get(zstd, "Range", "bytes=5000-");
    HttpResponse<byte[]> coded = war.get(path(sample.narName()), "Accept-Encoding", "zstd");
    HttpResponse<byte[]> part = war.get(path(sample.narName()), "Range", "bytes=400000-400999");

    assertEquals(200, file.statusCode());
    assertEquals(Integer.toString(file.body().length), header(file, "content-length"));
    assertArrayEquals(nar(sample), decode(Compression.ZSTD, file.body()));
    assertEquals(200, rest.statusCode(), "the name may mean another zstd file");
    assertEquals("", header(file, "accept-ranges") + header(rest, "accept-ranges"));
    assertArrayEquals(file.body(), rest.body());
    assertEquals("zstd", header(coded, "content-encoding"));
    assertArrayEquals(file.body(), coded.body());
    assertEquals(206, part.statusCode());
    assertArrayEquals(Arrays.copyOfRange(nar(sample), 400_000, 401_000), part.body());
    assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void aDamagedPackBreaksTheTransferAndTheNextRequestIsRight() throws IOException {
    for (String coding : List.of("identity", "zstd")) {
      Set<Path> before = new HashSet<>(packs());
      Sample sample = stored("damaged-" + coding, 2_000_000 + coding.length());
      Set<Path> fresh = new HashSet<>(packs());
      fresh.removeAll(before);
      for (Path pack : fresh) {
        flipNearTheEnd(pack);
      }

      assertThrows(
          IOException.class,
          () -> war.get(path(sample.narName()), "Accept-Encoding", coding),
          "a short or wrong body ended cleanly");

      assertArrayEquals(nar(sample), war.get(path(sample.narName())).body());
      assertEquals(2, upstream.requests().count("GET", sample.narTarget()));
    }
  }

  private static void flipNearTheEnd(Path pack) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(pack.toFile(), "rw")) {
      long at = file.length() - 100;
      file.seek(at);
      int octet = file.read();
      file.seek(at);
      file.write(~octet);
    }
  }

  @Test
  void aNameWithoutARowIsFoundUpstream() throws IOException {
    Sample sample = sample("nameless", 300_000);

    assertArrayEquals(nar(sample), war.get(path(sample.narName())).body());
    Sample other = sample("nameless-file", 300_001);
    assertArrayEquals(other.bytes(other.fileName(), 0), war.get(path(other.fileName())).body());
  }
}
