package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import narthex.nix.Compression;
import narthex.s3.S3Proxy;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that keeps its blobs in an S3 bucket and has none in its data directory. */
@Tag("s3")
class BucketIT {
  private static final int CREATED = 201;

  @TempDir Path folder = Path.of("replaced");
  private Sample sample = sample("in-a-bucket", 5_000_000);
  private S3Proxy bucket;

  @BeforeEach
  void startBucket() throws IOException {
    bucket = S3Proxy.start(folder);
  }

  @AfterEach
  void stopBucket() {
    bucket.close();
  }

  private static Sample sample(String name, int bytes) {
    byte[] contents = new byte[bytes];
    new Random(bytes).nextBytes(contents);
    return Sample.of(name, NarTree.file(contents).nar(), Compression.XZ);
  }

  private ChunkingServer start(String mode) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("narthex.cdc.mode", mode);
    settings.put("narthex.cdc.delete-delay", "1s");
    settings.put("narthex.delete.enabled", "true");
    settings.put("narthex.blob.url", "s3://" + S3Proxy.BUCKET + "/cache?endpoint=" + bucket.url());
    settings.put("narthex.blob.access-key", S3Proxy.ACCESS_KEY);
    settings.put("narthex.blob.secret-key", S3Proxy.SECRET_KEY);
    return ChunkingServer.start(settings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "lazy", "eager"})
  void aFetchedNarIsServedAfterAKillWithTheUpstreamDown(String mode) throws IOException {
    try (ChunkingServer scene = start(mode)) {
      sample.publish(scene.upstream());
      scene.told(sample);
      scene.assertServed(sample.bytes(sample.narName(), 0), nar());
      scene.server().awaitStored(1);

      scene.server().kill();
      scene.upstream().goDown();
      scene.server().restart();

      scene.assertServed(sample.bytes(sample.narName(), 0), nar());
      assertRange(scene);
      assertTrue(bucket.names().stream().allMatch(name -> name.startsWith("cache/")));
      assertFalse(Files.exists(scene.server().data().resolve("blobs")));
    }
  }

  private void assertRange(ChunkingServer scene) throws IOException {
    HttpResponse<InputStream> part = scene.open(nar(), "Range", "bytes=4000000-4000099");
    try (InputStream body = part.body()) {
      assertEquals(206, part.statusCode());
      byte[] all = sample.bytes(sample.narName(), 0);
      assertArrayEquals(Arrays.copyOfRange(all, 4_000_000, 4_000_100), body.readAllBytes());
    }
  }

  @Test
  void anUploadedNarIsServedAndDeletedFromTheBucket() throws IOException {
    try (ChunkingServer scene = start("off")) {
      byte[] file = sample.bytes(sample.fileName(), 0);
      int put = scene.put("/upload/nar/" + sample.fileName().print(), file);
      assertEquals(CREATED, put);
      byte[] narInfo = ChunkingServer.bytes(sample.narInfo());
      assertEquals(CREATED, scene.put("/upload" + sample.narInfoTarget(), narInfo));
      scene.assertServed(file, "/nar/" + sample.fileName().print());
      assertTrue(bucket.names().stream().anyMatch(this::isWholeFile));

      assertEquals(204, scene.delete(sample.narInfoTarget()));

      awaitNames(names -> names.stream().noneMatch(this::isWholeFile));
    }
  }

  @Test
  void aWholeFileLeavesTheBucketOnceItIsChunked() throws IOException {
    try (ChunkingServer scene = start("lazy")) {
      sample.publish(scene.upstream());
      scene.told(sample);
      scene.assertServed(sample.bytes(sample.fileName(), 0), "/nar/" + sample.fileName().print());
      scene.server().awaitStored(1);

      awaitNames(names -> names.stream().noneMatch(this::isWholeFile));

      assertEquals(Compression.NONE, scene.told(sample).compression());
      scene.assertServed(sample.bytes(sample.narName(), 0), nar());
    }
  }

  private boolean isWholeFile(String name) {
    return name.contains(sample.id().hash().nix32());
  }

  private String nar() {
    return "/nar/" + sample.narName().print();
  }

  private void awaitNames(Predicate<List<String>> wanted) {
    Soon.await("objects").until(bucket::names, wanted);
  }
}
