package narthex.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.nix.DocumentName;
import narthex.nix.PublicKey;
import narthex.nix.Realisations;
import narthex.nix.StrictJson;
import narthex.testing.Fault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents from an upstream, and which of them are accepted. */
@Timeout(60)
class UpstreamDocumentTest {
  private static final String HASH = "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrlm";
  private static final DocumentName LOG = DocumentName.parse("log/" + HASH + "-a.drv");
  private static final String LOG_TARGET = "/" + LOG.print();
  private static final byte[] TEXT = "building\n".repeat(20_000).getBytes(UTF_8);
  private static final int MAX_BYTES = 1 << 20;

  private static final String LEAF_TARGET = "/" + Realisations.LEAF.print().replace("!", "%21");

  private final UpstreamFixture fixture = new UpstreamFixture();

  @AfterEach
  void close() throws IOException {
    fixture.close();
  }

  private static Optional<byte[]> fetch(Upstream upstream, DocumentName name) throws IOException {
    return upstream.fetchDocument(name, MAX_BYTES, (body, base) -> body.readAllBytes());
  }

  private Upstream upstream(List<PublicKey> keys, UpstreamPolicy.Trust trust) {
    return fixture.upstream(keys, null, trust);
  }

  private Upstream trusting() {
    return upstream(List.of(Realisations.KEY.publicKey()), UpstreamPolicy.Trust.SIGNED);
  }

  @ParameterizedTest
  @CsvSource({
    "log/HASH-b+c?=d.drv, /log/HASH-b%2Bc%3F%3Dd.drv",
    "log/HASH-b+c?=d.drv, /log/HASH-b+c%3F=d.drv",
    "HASH.ls, /HASH.ls",
    "build-trace-v2/HASH-b+c.drv/o+t.doi, /build-trace-v2/HASH-b%2Bc.drv/o%2Bt.doi"
  })
  void namesAreAskedForAsClientsDo(String name, String target) throws IOException {
    DocumentName document = DocumentName.parse(name.replace("HASH", HASH));
    byte[] body = "{\"outPath\":\"%s-a\"}".formatted(HASH).getBytes(UTF_8);
    fixture.server.put(target.replace("HASH", HASH), body);

    Upstream upstream = upstream(List.of(), UpstreamPolicy.Trust.ANY);
    assertArrayEquals(body, fetch(upstream, document).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 410})
  void anAbsenceIsSureInEitherForm(int status) throws IOException {
    fixture.server.fail(request -> request.target().contains("doi"), Fault.status(status), 2);

    assertEquals(Optional.empty(), fetch(trusting(), Realisations.LEAF));
    assertEquals(2, fixture.server.requests().countGetsBelow("/realisations/"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void aContentCodingIsUndone(String coding) throws IOException {
    fixture.server.put(LOG_TARGET, TEXT).fail(LOG_TARGET, Fault.contentEncoding(coding));

    assertArrayEquals(TEXT, fetch(fixture.upstream(), LOG).orElseThrow());
  }

  static Stream<Fault> passingFaults() {
    return Stream.of(
        Fault.cutAfter(100),
        Fault.cutBeforeHeaders(),
        Fault.resetAfter(100),
        Fault.status(500),
        Fault.status(429),
        Fault.chunked().and(Fault.cutAfter(100)),
        Fault.contentLengthTooLarge(5),
        Fault.contentEncoding("gzip").and(Fault.shortBody(5)));
  }

  @ParameterizedTest
  @MethodSource("passingFaults")
  void aTransferThatBreaksIsMadeAgain(Fault fault) throws IOException {
    fixture.server.put(LOG_TARGET, TEXT).fail(LOG_TARGET, fault, 1);

    assertArrayEquals(TEXT, fetch(fixture.upstream(), LOG).orElseThrow());
    assertEquals(2, fixture.server.requests().count(LOG_TARGET));
  }

  @Test
  void aBodyWithoutAnEndIsNotTakenForWhole() {
    fixture.server.put(LOG_TARGET, TEXT).fail(LOG_TARGET, Fault.closeDelimited());

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream(), LOG));
  }

  @Test
  void aBodyThatIsTooLongIsTroubleThatIsNotAskedAgain() {
    fixture.server.put(LOG_TARGET, new byte[MAX_BYTES + 1]);

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream(), LOG));
    assertEquals(1, fixture.server.requests().count(LOG_TARGET));
  }

  @Test
  void aDecompressionBombIsBounded() {
    fixture
        .server
        .put(LOG_TARGET, new byte[64 * MAX_BYTES])
        .fail(LOG_TARGET, Fault.contentEncoding("zstd"));

    assertThrows(UpstreamUnavailableException.class, () -> fetch(fixture.upstream(), LOG));
  }

  @Test
  void whatTheReaderRefusesIsTrouble() {
    fixture.server.put("/" + HASH + ".ls", "[]");
    DocumentName listing = DocumentName.parse(HASH + ".ls");

    assertThrows(
        UpstreamUnavailableException.class,
        () ->
            fixture
                .upstream()
                .fetchDocument(
                    listing,
                    MAX_BYTES,
                    (body, base) -> {
                      StrictJson.requireObject(body, "listing");
                      return true;
                    }));
    assertEquals(1, fixture.server.requests().count("/" + HASH + ".ls"));
  }

  @Test
  void aRealisationIsTakenOnlyWithATrustedSignature() throws IOException {
    fixture.server.put(LEAF_TARGET, Realisations.leaf());

    assertArrayEquals(Realisations.leaf(), fetch(trusting(), Realisations.LEAF).orElseThrow());
    assertEquals(Optional.empty(), fetch(fixture.upstream(), Realisations.LEAF));
    assertTrue(fetch(upstream(List.of(), UpstreamPolicy.Trust.ANY), Realisations.LEAF).isPresent());
  }

  @Test
  void aRealisationOfAnotherOutputIsTrouble() {
    fixture.server.put(LEAF_TARGET, Realisations.top());

    assertThrows(UpstreamUnavailableException.class, () -> fetch(trusting(), Realisations.LEAF));
  }

  @Test
  void anUpstreamOfAnotherStoreDirectoryIsNotAsked() throws IOException {
    fixture.server.put("/nix-cache-info", "StoreDir: /gnu/store\n").put(LOG_TARGET, TEXT);

    assertEquals(Optional.empty(), fetch(fixture.upstream(), LOG));
    assertEquals(0, fixture.server.requests().count(LOG_TARGET));
  }
}
