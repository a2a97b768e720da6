package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.testing.FileTrees;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** DELETE of narinfos and NARs over HTTP. */
class DeletionHttpTest extends SharedServer {
  private long seed = 900;

  DeletionHttpTest() {
    super(Map.of("narthex.upload.enabled", "true", "narthex.delete.enabled", "true"));
  }

  private NarFixture fresh() {
    seed++;
    return NarFixture.of("gone-" + seed, NarTree.mixed(seed, 60_000), Compression.ZSTD);
  }

  private NarFixture uploaded(NarFixture fixture) throws Exception {
    int put = http.put("/upload/" + fixture.url(), fixture.file()).statusCode();
    assertTrue(put == 201 || put == 200, "status " + put);
    NarInfo said = fixture.narInfo(fixture.url());
    assertEquals(
        201, http.put("/upload" + narInfo(fixture), UploadHttpFixture.text(said)).statusCode());
    return fixture;
  }

  private static String narInfo(NarFixture fixture) {
    return "/" + fixture.storePath().hash().text() + ".narinfo";
  }

  private int delete(String path) throws Exception {
    return http.send("DELETE", path).statusCode();
  }

  private static String listing(NarFixture fixture) {
    return "/" + fixture.storePath().hash().text() + ".ls";
  }

  private long blobsOf(NarFixture fixture) throws Exception {
    return blobsNamed(fixture.id().hash().nix32());
  }

  private long blobsNamed(String name) throws Exception {
    return FileTrees.files(data).stream()
        .filter(file -> file.getFileName().toString().startsWith(name))
        .count();
  }

  /** Waits until a background chore has deleted the blobs. */
  private void awaitNoBlobs(String name) {
    Soon.await("no blob " + name).until(() -> blobsNamed(name) == 0);
  }

  @Test
  void aDeletedPathIsGoneWithItsNarAndItsBytes() throws Exception {
    NarFixture fixture = uploaded(fresh());
    assertEquals(200, http.get(narInfo(fixture)).statusCode());
    assertEquals(1, blobsOf(fixture));
    assertEquals(200, http.get(listing(fixture)).statusCode());

    HttpResponse<byte[]> deleted = http.send("DELETE", narInfo(fixture));

    assertEquals(204, deleted.statusCode());
    assertEquals(0, deleted.body().length);
    for (String prefix : List.of("", "/upload")) {
      assertEquals(404, http.get(prefix + narInfo(fixture)).statusCode());
      assertEquals(404, http.get(prefix + "/" + fixture.url()).statusCode());
    }
    assertEquals(404, http.get(listing(fixture)).statusCode());
    awaitNoBlobs(fixture.id().hash().nix32());
    assertEquals(404, delete(narInfo(fixture)));
  }

  @Test
  void aNarThatAnotherNarInfoUsesStays() throws Exception {
    NarFixture one = uploaded(fresh());
    byte[] nar = one.nar();
    NarFixture other = uploaded(NarFixture.of("same-as-" + seed, nar, Compression.ZSTD));

    assertEquals(204, delete(narInfo(one)));
    assertEquals(404, http.get(narInfo(one)).statusCode());
    assertEquals(200, http.get(narInfo(other)).statusCode());
    assertArrayEquals(other.file(), http.get("/" + other.url()).body());

    assertEquals(409, delete("/" + other.url()));
    assertArrayEquals(other.file(), http.get("/" + other.url()).body());

    assertEquals(204, delete(narInfo(other)));
    assertEquals(404, http.get("/" + other.url()).statusCode());
  }

  @Test
  void aNarThatNoNarInfoNamesIsDeletedByItsName() throws Exception {
    NarFixture fixture = fresh();
    assertEquals(201, http.put("/upload/" + fixture.url(), fixture.file()).statusCode());

    assertEquals(204, delete("/" + fixture.url()));

    assertEquals(404, http.head("/upload/" + fixture.url()).statusCode());
    assertEquals(404, delete("/" + fixture.url()));
    awaitNoBlobs(fixture.id().hash().nix32());
  }

  @Test
  void whatIsDeletedCanBePutAgain() throws Exception {
    NarFixture fixture = uploaded(fresh());
    assertEquals(204, delete(narInfo(fixture)));

    uploaded(fixture);

    assertArrayEquals(fixture.file(), http.get("/" + fixture.url()).body());
  }

  @Test
  void aDeletedPathThatAnUpstreamHasIsFetchedAgain() throws Exception {
    Sample sample = http.know(Sample.of(seed++, Compression.XZ));
    byte[] file = http.get(HttpFixture.path(sample.fileName())).body();
    assertEquals(204, delete(sample.narInfoTarget()));

    http.know(sample);

    assertArrayEquals(file, http.get(HttpFixture.path(sample.fileName())).body());
  }

  @Test
  void malformedNamesAreRefused() throws Exception {
    assertEquals(400, delete("/nonsense.narinfo"));
    assertEquals(400, delete("/nar/nonsense.nar"));
    assertEquals(404, delete("/" + "0".repeat(32) + ".narinfo"));
    assertEquals(404, delete("/nar/" + "0".repeat(52) + ".nar.xz"));
  }
}
