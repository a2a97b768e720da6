package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;

/** Uploads over HTTP that are rejected or break off. */
class RefusedUploadHttpTest extends UploadHttpFixture {
  @Test
  void aFileWhoseNameIsNotItsHashIsRefused() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    byte[] bytes = fixture.file();
    bytes[bytes.length / 2] ^= 1;

    assertRefused(400, "", http.put(narPath(fixture), bytes));
    assertRefused(400, "", http.put(narPath(fixture), fresh(Compression.XZ).file()));
    assertRefused(400, "", http.put(narPath(fixture), new byte[0]));

    assertEquals(404, http.head(narPath(fixture)).statusCode());
    String base16 = "/upload/nar/" + fixture.fileHash().base16() + ".nar.xz";
    assertEquals(201, http.put(base16, fixture.file()).statusCode());
    assertArrayEquals(fixture.file(), http.get(base16).body());
  }

  @Test
  void bytesOfAnotherCompressionThanTheNameSaysAreRefused() throws IOException {
    for (Compression compression : List.of(Compression.XZ, Compression.NONE, Compression.BR)) {
      NarFixture fixture = fresh(compression);
      String hash = fixture.fileHash().nix32();

      assertRefused(400, "NAR", http.put("/upload/nar/" + hash + ".nar.zst", fixture.file()));

      assertEquals(404, http.head("/upload/nar/" + hash + ".nar").statusCode());
    }
  }

  @Test
  void whatIsNoNarIsRefused() throws IOException {
    NarFixture text =
        NarFixture.of("no-nar", "no NAR".getBytes(StandardCharsets.UTF_8), Compression.XZ);
    NarFixture longer = fresh(Compression.NONE);
    byte[] tail = Arrays.copyOf(longer.nar(), longer.nar().length + 8);
    NarFixture garbage = NarFixture.of("tail", tail, Compression.ZSTD);

    for (NarFixture fixture : List.of(text, garbage)) {
      assertRefused(400, "not a NAR", http.put(narPath(fixture), fixture.file()));
      assertEquals(404, http.head(narPath(fixture)).statusCode());
    }
  }

  @Test
  void aBombIsTooLarge() throws IOException {
    NarFixture bomb =
        NarFixture.of("bomb", NarTree.file(new byte[2 * MAX_NAR_BYTES]), Compression.ZSTD);
    assertTrue(bomb.file().length < 10_000);

    assertRefused(413, "NAR has more than", http.put(narPath(bomb), bomb.file()));
    NarFixture plain = NarFixture.random(1, 2 * MAX_NAR_BYTES, Compression.NONE);
    assertRefused(413, "more than", http.put(narPath(plain), plain.file()));
    assertRefused(413, "more than", http.putChunked(narPath(plain), plain.file()));

    assertEquals(404, http.head(narPath(bomb)).statusCode());
    assertEquals(404, http.head(narPath(plain)).statusCode());
  }

  @Test
  void aBodyThatStopsEarlyIsNeverStored() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    byte[] file = fixture.file();
    String start = "PUT " + narPath(fixture) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    byte[] half = Arrays.copyOf(file, file.length / 2);

    String lying = http.raw(bytes(start + "Content-Length: " + file.length + "\r\n\r\n"), half);
    String chunked =
        http.raw(
            bytes(start + "Transfer-Encoding: chunked\r\n\r\n"),
            bytes(Integer.toHexString(file.length) + "\r\n"),
            half);
    String cut =
        http.raw(
            bytes(start + "Transfer-Encoding: chunked\r\n\r\n"),
            bytes(Integer.toHexString(file.length) + "\r\n"),
            file);

    for (String answer : List.of(lying, chunked, cut)) {
      assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 400 "), answer);
    }
    assertEquals(404, http.head(narPath(fixture)).statusCode());
    assertEquals(201, http.putChunked(narPath(fixture), file).statusCode());
  }

  @Test
  void aClientThatWaitsToBeAskedIsRefusedBeforeItSends() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    String start = "PUT %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n";

    String tooLarge =
        http.raw(bytes(start.formatted(narPath(fixture)) + "Content-Length: 99999999999\r\n\r\n"));
    String unknown =
        http.raw(
            bytes(
                start.formatted(narPath(fixture))
                    + "Content-Encoding: rot13\r\nContent-Length: 5\r\n\r\n"));
    String malformed =
        http.raw(bytes(start.formatted("/upload/nar/x.nar") + "Content-Length: 5\r\n\r\n"));

    assertTrue(tooLarge.startsWith("HTTP/1.1 413 "), tooLarge);
    assertTrue(unknown.startsWith("HTTP/1.1 415 "), unknown);
    assertTrue(malformed.startsWith("HTTP/1.1 400 "), malformed);
  }

  @Test
  void aClientThatSendsEverythingFirstStillSeesTheRefusal() throws IOException {
    byte[] large = NarFixture.random(2, 8 << 20, Compression.NONE).file();
    String start = "PUT /upload/nar/%s.nar HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    String name = "0".repeat(52);

    String refused =
        http.raw(
            bytes(start.formatted(name) + "Content-Length: " + large.length + "\r\n\r\n"), large);

    assertTrue(refused.startsWith("HTTP/1.1 413 "), refused);
  }

  @Test
  void aBodyThatIsNotInItsContentCodingIsRefused() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);

    assertRefused(
        400, "gzip", http.put(narPath(fixture), fixture.file(), "Content-Encoding", "gzip"));
    assertRefused(
        400,
        "zstd",
        http.put(narInfoPath(fixture), text(narInfo(fixture)), "Content-Encoding", "zstd"));
    assertRefused(
        415, "deflate", http.put(narPath(fixture), fixture.file(), "Content-Encoding", "deflate"));
  }

  @Test
  void aNarInfoThatIsTooLongIsRefusedHoweverItComes() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    byte[] endless = new byte[3 << 20];
    Arrays.fill(endless, (byte) 'x');
    byte[] bomb = NarFixture.of("bomb", endless, Compression.GZIP).file();

    assertRefused(413, "more than", http.put(narInfoPath(fixture), endless));
    assertRefused(413, "more than", http.putChunked(narInfoPath(fixture), endless));
    assertRefused(
        413, "more than", http.put(narInfoPath(fixture), bomb, "Content-Encoding", "gzip"));
  }

  @Test
  void aNarInfoIsRefusedIfAnythingOfItIsWrong() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    NarFixture other = uploaded(fresh(Compression.XZ));
    http.put(narPath(fixture), fixture.file());
    String right = narInfo(fixture).print();
    String hash = fixture.id().hash().nix32();
    Map<String, String> wrong =
        Map.ofEntries(
            Map.entry(
                "not stored here",
                right.replace("URL: nar/", "URL: nar/0").replaceFirst("(nar/.{52}).", "$1")),
            Map.entry("NarHash is", right.replace(hash, other.id().hash().nix32())),
            Map.entry("NarSize is", right.replaceFirst("NarSize: ", "NarSize: 1")),
            Map.entry("Compression is", right.replace("Compression: xz", "Compression: none")),
            Map.entry("the URL of", right.replace("URL: nar/", "URL: http://else/nar/")),
            Map.entry("not a NAR file", right.replace("URL: nar/", "URL: nar/../nar/")),
            Map.entry(
                "narinfo describes",
                right.replace(fixture.storePath().hash().text(), other.storePath().hash().text())),
            Map.entry(
                "is not in /nix/store",
                right.replace("StorePath: /nix/store/", "StorePath: /gnu/store/")),
            Map.entry("invalid name of a store path", right.replace("\n", "\r\n")),
            Map.entry("duplicate CA", right + "CA: text:a\nCA: text:a\n"),
            Map.entry("newline", right.trim()),
            Map.entry("missing StorePath", "no: narinfo\n"));
    for (Map.Entry<String, String> one : wrong.entrySet()) {
      byte[] body = one.getValue().getBytes(StandardCharsets.UTF_8);
      assertRefused(400, one.getKey(), http.put(narInfoPath(fixture), body));
      assertEquals(404, http.get(narInfoPath(fixture)).statusCode());
    }
    assertRefused(400, "UTF-8", http.put(narInfoPath(fixture), new byte[] {(byte) 0xff, '\n'}));
    assertEquals(201, putNarInfo(fixture, narInfo(fixture)).statusCode());
  }

  @Test
  void otherMethodsAndPlacesAreRefused() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    assertEquals(405, http.send("POST", narPath(fixture)).statusCode());
    assertEquals(405, http.send("POST", narInfoPath(fixture)).statusCode());
    assertEquals(
        405, http.put(narInfoPath(fixture).replace("/upload", ""), bytes("x")).statusCode());
    assertEquals(405, http.put("/" + fixture.url(), fixture.file()).statusCode());
    assertRefused(404, "not found", http.put("/upload/else", bytes("x")));
    assertRefused(404, "not found", http.get("/upload/else"));
    assertRefused(400, "narinfo", http.put("/upload/a/b.narinfo", bytes("x")));
    assertRefused(400, "hash", http.put("/upload/xyz.narinfo", bytes("x")));
  }
}
