package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import narthex.nix.Compression;
import narthex.nix.NarListing;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Listings, and files inside NARs, over HTTP, served by the whole web application. */
class FileHttpTest extends SharedServer {
  private static final String OTHER = "0123456789abcdfghijklmnpqrsvwxyz";
  private static final byte[] BIG = new byte[300_000];

  static {
    new java.util.Random(7).nextBytes(BIG);
  }

  private int seed;

  /** Returns another NAR each time. */
  private NarTree tree() {
    Map<String, NarTree> share =
        Map.of(
            "big.bin", NarTree.file(BIG),
            "page.html", NarTree.file("<script>alert(1)</script>"),
            "read me & <b>.txt", NarTree.file("hello"),
            "empty", NarTree.file(""),
            "seed", NarTree.file("seed " + seed),
            "up", NarTree.symlink("../bin/run"),
            "here", NarTree.symlink("."));
    Map<String, NarTree> links = new HashMap<>();
    links.put("loop", NarTree.symlink("loop"));
    links.put("other", NarTree.symlink("/nix/store/" + OTHER + "-x/lib/a b.so"));
    links.put("sibling", NarTree.symlink("../../" + OTHER + "-x"));
    links.put("etc", NarTree.symlink("/etc/passwd"));
    links.put("out", NarTree.symlink("../../../../etc/passwd"));
    links.put("dangling", NarTree.symlink("nothing"));
    return NarTree.directory(
        Map.of(
            "bin",
                NarTree.directory(
                    Map.of("run", NarTree.executable("#!".getBytes(StandardCharsets.UTF_8)))),
            "share", NarTree.directory(share),
            "links", NarTree.directory(links)));
  }

  private Sample known(NarTree tree, Compression compression) throws IOException {
    return http.know(Sample.of("files-" + seed++, tree.nar(), compression));
  }

  private static String base(Sample sample) {
    return "/serve/" + sample.hash().text();
  }

  private static String listing(Sample sample) {
    return "/" + sample.hash().text() + ".ls";
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  /**
   * Repeats the request while it is answered 404, because a NAR is stored a moment after its last
   * byte was sent.
   */
  private HttpResponse<byte[]> untilStored(String path) {
    return Soon.await(path).until(() -> http.get(path), response -> response.statusCode() != 404);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(NarListing.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }

  @Test
  void theListingOfAStoredNarIsThatOfNix() throws IOException {
    Sample sample = http.know(Sample.of("golden", resource("listing.nar"), Compression.XZ));
    assertEquals(404, http.get(listing(sample)).statusCode());
    http.get(HttpFixture.path(sample.fileName()));

    HttpResponse<byte[]> response = untilStored(listing(sample));

    assertEquals(200, response.statusCode());
    assertArrayEquals(resource("listing.ls"), response.body());
    assertEquals("application/json", header(response, "content-type"));
    String length = Integer.toString(response.body().length);
    assertEquals(length, header(response, "content-length"));
    assertEquals(length, header(http.head(listing(sample)), "content-length"));
    String tag = header(response, "etag");
    assertEquals(304, http.get(listing(sample), "If-None-Match", tag).statusCode());
    HttpResponse<byte[]> coded = http.get(listing(sample), "Accept-Encoding", "zstd");
    assertEquals("zstd", header(coded, "content-encoding"));
    try (InputStream in =
        Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(coded.body()))) {
      assertArrayEquals(resource("listing.ls"), in.readAllBytes());
    }
  }

  @Test
  void theUpstreamsListingIsGivenWhereTheNarIsNotHere() throws IOException {
    Sample sample = known(NarTree.file("x"), Compression.XZ);
    http.upstream.put(listing(sample), "{\"version\":1}");
    assertEquals("{\"version\":1}", text(http.get(listing(sample))));
    http.get(HttpFixture.path(sample.fileName()));
    assertEquals("{\"version\":1}", text(http.get(listing(sample))));
  }

  @Test
  void aNarWithNamesThatAreNotUtf8HasNoListingButAPage() throws IOException {
    byte[] nar = NarTree.directory(Map.of("aQ", NarTree.file("odd"))).nar();
    nar[new String(nar, StandardCharsets.ISO_8859_1).indexOf("aQ") + 1] = (byte) 0xFF;
    Sample sample = http.know(Sample.of("odd", nar, Compression.NONE));
    assertTrue(text(http.get(base(sample) + "/")).contains("href=\"./a%FF\""));
    assertEquals(404, http.get(listing(sample)).statusCode());
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"NONE", "XZ", "ZSTD"})
  void aFileIsSentWholeOrInPartsAlsoFromAColdNar(Compression compression) throws IOException {
    Sample sample = known(tree(), compression);
    String path = base(sample) + "/share/big.bin";

    HttpResponse<byte[]> whole = http.get(path);

    assertEquals(200, whole.statusCode());
    assertArrayEquals(BIG, whole.body());
    assertEquals("300000", header(whole, "content-length"));
    assertEquals("bytes", header(whole, "accept-ranges"));
    assertEquals("application/octet-stream", header(whole, "content-type"));
    assertEquals("300000", header(http.head(path), "content-length"));
    HttpResponse<byte[]> part = http.get(path, "Range", "bytes=1000-199999");
    assertEquals(206, part.statusCode());
    assertEquals("bytes 1000-199999/300000", header(part, "content-range"));
    assertArrayEquals(Arrays.copyOfRange(BIG, 1000, 200_000), part.body());
    assertArrayEquals(
        Arrays.copyOfRange(BIG, 299_999, 300_000), http.get(path, "Range", "bytes=-1").body());
    assertEquals(416, http.get(path, "Range", "bytes=300000-").statusCode());
    assertEquals(304, http.get(path, "If-None-Match", header(whole, "etag")).statusCode());
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void otherPeoplesContentIsSentSoThatABrowserRunsNothing() throws IOException {
    Sample sample = known(tree(), Compression.XZ);
    for (String path : List.of("/share/page.html", "/share/", "/share/nothing")) {
      HttpResponse<byte[]> response = http.get(base(sample) + path);
      assertEquals("nosniff", header(response, "x-content-type-options"));
      assertTrue(header(response, "content-security-policy").contains("sandbox"));
    }
    HttpResponse<byte[]> page = http.get(base(sample) + "/share/page.html");
    assertEquals(
        "text/html;charset=utf-8",
        header(page, "content-type").replace("; ", ";").toLowerCase(java.util.Locale.ROOT));
    assertEquals("attachment", header(page, "content-disposition"));
    HttpResponse<byte[]> empty = http.get(base(sample) + "/share/empty");
    assertEquals("0", header(empty, "content-length"));
    assertTrue(empty.headers().firstValue("content-disposition").isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.html", "a.SVG", "a.xml", "a.js", "a.pdf", "a.css", "a.wasm", "a.htm"})
  void whatABrowserCouldRunIsForDownload(String name) {
    assertTrue(ContentTypes.isActive(ContentTypes.ofName(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.txt", "a.png", "a.json", "a", "a.tar.gz", "a.md"})
  void whatNoBrowserRunsIsShown(String name) {
    assertFalse(ContentTypes.isActive(ContentTypes.ofName(name)));
  }

  @Test
  void aDirectoryIsAPageOrJson() throws IOException {
    Sample sample = known(tree(), Compression.XZ);
    HttpResponse<byte[]> root = http.get(base(sample));
    assertEquals(301, root.statusCode());
    assertEquals("./" + sample.hash().text() + "/", header(root, "location"));
    assertEquals("./share/", header(http.get(base(sample) + "/share"), "location"));

    HttpResponse<byte[]> page = http.get(base(sample) + "/share/");

    assertEquals(200, page.statusCode());
    String html = text(page);
    assertTrue(html.contains("href=\"./read%20me%20%26%20%3Cb%3E.txt\""), html);
    assertTrue(html.contains("read me &amp; &lt;b&gt;.txt"), html);
    assertFalse(html.contains("<b>"), html);
    assertEquals("hello", text(http.get(base(sample) + "/share/read%20me%20%26%20%3Cb%3E.txt")));
    HttpResponse<byte[]> json = http.get(base(sample) + "/bin/", "Accept", "application/json");
    assertEquals("application/json", header(json, "content-type"));
    assertTrue(text(json).startsWith("{\"root\":{\"entries\":{\"run\":{\"executable\":true"));
    assertTrue(new ObjectMapper().readTree(json.body()).path("version").isInt());
  }

  @ParameterizedTest
  @CsvSource({
    "/share/up,200,",
    "/share/here/here/up,200,",
    "/links/other,302,../../" + OTHER + "/lib/a%20b.so",
    "/links/sibling,302,../../" + OTHER + "/",
    "/links/sibling/,302,../../../" + OTHER + "/",
    "/links/sibling/doc,302,../../../" + OTHER + "/doc",
    "/links/loop,404,",
    "/links/etc,404,",
    "/links/out,404,",
    "/links/dangling,404,",
    "/bin/run/,404,",
    "/bin/run/x,404,",
    "/nothing,404,"
  })
  void linksAreFollowedInsideTheStoreOnly(String path, int status, String location)
      throws IOException {
    Sample sample = known(tree(), Compression.XZ);
    HttpResponse<byte[]> response = http.get(base(sample) + path);
    assertEquals(status, response.statusCode(), text(response));
    assertEquals(location == null ? "" : location, header(response, "location"));
    assertTrue(text(response).lines().count() <= 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..",
        "/%2e%2e/x",
        "/bin/../bin/run",
        "//bin/run",
        "/bin//run",
        "/./bin/run",
        "/bin/run%00",
        "/bin%2frun",
        "/bin%5crun",
        "/bin/run;x=1"
      })
  void crookedPathsLeadNowhere(String path) throws IOException {
    Sample sample = known(tree(), Compression.XZ);
    int status = http.get(base(sample) + path).statusCode();
    assertTrue(status == 400 || status == 404, path + " " + status);
  }

  @Test
  void whatIsNoStorePathIsRefused() throws IOException {
    assertEquals(404, http.get("/serve/" + OTHER + "/x").statusCode());
    assertEquals(404, http.get("/" + OTHER + ".ls").statusCode());
    for (String wrong : List.of("/serve/", "/serve/x/y", "/serve/" + "E".repeat(32), "/x.ls")) {
      assertEquals(404, http.get(wrong).statusCode(), wrong);
    }
    assertEquals(405, http.send("POST", "/serve/" + OTHER + "/x").statusCode());
  }

  @Test
  void manyAtOnceFetchOnceAndGetTheSame() throws Exception {
    Sample sample = known(tree(), Compression.XZ);
    List<CompletableFuture<byte[]>> clients =
        IntStream.range(0, 6)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return http.get(base(sample) + "/share/big.bin").body();
                          } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                          }
                        }))
            .toList();
    for (CompletableFuture<byte[]> client : clients) {
      assertArrayEquals(BIG, client.get());
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void noByteOfAWrongNarIsServed() throws IOException {
    Sample sample = known(tree(), Compression.NONE);
    http.upstream.fail(sample.narTarget(), Fault.flipByte(sample.fileBytes() - 20L));
    HttpResponse<byte[]> response = http.get(base(sample) + "/bin/run");
    assertEquals(503, response.statusCode());
    http.upstream.heal();
    assertEquals("#!", text(http.get(base(sample) + "/bin/run")));
  }

  @Test
  void whatIsNotANarHasNoFiles() throws IOException {
    byte[] begun = NarTree.directory(Map.of("x", NarTree.file("text"))).nar();
    Arrays.fill(begun, 100, 140, (byte) 'x');
    Sample sample = http.know(Sample.of("no-nar", begun, Compression.XZ));
    assertEquals(404, http.get(base(sample) + "/x").statusCode());
    assertEquals(404, http.get(listing(sample)).statusCode());
  }
}
