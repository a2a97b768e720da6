package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.UpstreamRequest;
import narthex.testing.UrlStyle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NAR files from any offset, with any style of URL. */
@Timeout(20) // shorter than the read timeout
class UpstreamNarTest {
  private final UpstreamFixture fixture = new UpstreamFixture();
  private final Upstream upstream = fixture.upstream();
  private final byte[] file = fixture.nar.file();
  private final String target = fixture.published.narTarget();
  private final String url = fixture.published.narInfo().file().url();

  @AfterEach
  void close() throws IOException {
    fixture.close();
  }

  @ParameterizedTest
  @EnumSource
  void everyStyleOfUrlIsFollowed(UrlStyle style) throws IOException {
    NarFixture.Published styled = fixture.nar.publishTo(fixture.server, style, fixture.key);

    assertWhole(styled.narInfo().file().url());
    assertEquals(1, fixture.server.requests().count("GET", styled.narTarget()));
  }

  @Test
  void anAbsolutePathStartsAtTheHost() throws IOException {
    Upstream below = fixture.upstream(fixture.server.url() + "/deep/", Netrc.empty());

    try (NarBody body = below.openNar(target, 0, null).orElseThrow()) {
      assertArrayEquals(file, body.stream().readAllBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"file:///etc/passwd", "ftp://x/y", "http:///x", "http://a b/", "http://[x"})
  void anyOtherUrlIsRefusedWithoutARequest(String odd) {
    assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar(odd, 0, null));
    assertEquals(0, fixture.server.requests().all().size());
  }

  @Test
  void aBodyTellsLengthAndTag() throws IOException {
    try (NarBody body = upstream.openNar(url, 0, null).orElseThrow()) {
      assertEquals(OptionalLong.of(file.length), body.length());
      assertEquals(0, body.from());
      assertNotNull(body.entityTag());
    }
    assertEquals(Optional.of(OptionalLong.of(file.length)), upstream.findNar(url));
  }

  @Test
  void aWeakTagIsNoTag() throws IOException {
    fixture.server.fail(target, Fault.header("ETag", "W/\"1\""));

    try (NarBody body = upstream.openNar(url, 0, null).orElseThrow()) {
      assertNull(body.entityTag());
    }
  }

  @Test
  void aDownloadGoesOnAtItsByteOfTheSameFile() throws IOException {
    String tag = tag();

    try (NarBody rest = upstream.openNar(url, 100, tag).orElseThrow()) {
      assertEquals(100, rest.from());
      assertEquals(OptionalLong.of(file.length), rest.length());
      assertArrayEquals(Arrays.copyOfRange(file, 100, file.length), rest.stream().readAllBytes());
    }
    UpstreamRequest asked = fixture.server.requests().all().get(1);
    assertEquals(Optional.of("bytes=100-"), asked.range());
    assertEquals(Optional.of(String.valueOf(tag)), asked.header("If-Range"));
  }

  @Test
  void aFileThatChangedIsGivenFromItsStart() throws IOException {
    try (NarBody body = upstream.openNar(url, 100, "\"older\"").orElseThrow()) {
      assertEquals(0, body.from());
      assertArrayEquals(file, body.stream().readAllBytes());
    }
  }

  @Test
  void anUpstreamThatCannotSeekAnswersFromTheStart() throws IOException {
    fixture.server.fail(target, Fault.ignoreRange());

    try (NarBody body = upstream.openNar(url, 100, null).orElseThrow()) {
      assertEquals(0, body.from());
      assertArrayEquals(file, body.stream().readAllBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bytes 0-99/5000", "bytes 101-200/*", "items 100-200/300", "", "bytes */9"})
  void anotherRangeThanAskedIsTrouble(String contentRange) {
    fixture.server.fail(target, Fault.wrongContentRange(contentRange));

    assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar(url, 100, null));
    assertEquals(1, fixture.server.requests().count("GET", target));
  }

  @Test
  void anOffsetPastTheEndIsTrouble() {
    assertThrows(
        UpstreamUnavailableException.class, () -> upstream.openNar(url, file.length, null));
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 410})
  void anAbsentFileIsEmpty(int status) throws IOException {
    fixture.server.fail(target, Fault.status(status));

    assertEquals(Optional.empty(), upstream.openNar(url, 0, null));
    assertEquals(Optional.empty(), upstream.findNar(url));
  }

  @Test
  void troubleBeforeTheFirstByteIsTriedAgain() throws IOException {
    fixture.server.fail(target, Fault.status(503), 1);
    fixture.server.fail(target, Fault.resetBeforeHeaders(), 1);

    assertWhole(url);
  }

  @Test
  void aTransferThatBreaksIsNeverACleanEnd() throws IOException {
    fixture.server.fail(target, Fault.cutAfter(100), 1);
    fixture.server.fail(target, Fault.chunked().and(Fault.cutAfter(100)), 1);

    for (int i = 0; i < 2; i++) {
      try (NarBody body = upstream.openNar(url, 0, null).orElseThrow()) {
        assertThrows(IOException.class, () -> body.stream().readAllBytes());
      }
    }
  }

  @Test
  void anEncodedFileIsDecodedAndHasNeitherLengthNorTag() throws IOException {
    fixture.server.fail(target, Fault.contentEncoding("gzip"));

    try (NarBody body = upstream.openNar(url, 0, null).orElseThrow()) {
      assertEquals(OptionalLong.empty(), body.length());
      assertNull(body.entityTag());
      assertArrayEquals(file, body.stream().readAllBytes());
    }
  }

  @Test
  void aBodyLeftEarlyFreesItsConnection() throws IOException {
    for (int i = 0; i < 3 * UpstreamFixture.PATIENT.maxConnections(); i++) {
      upstream.openNar(url, 0, null).orElseThrow().close();
    }

    assertTrue(upstream.findNar(url).isPresent());
    assertWhole(url);
  }

  @Test
  void aStalledBodyIsLeftAtOnce() throws IOException {
    Gate gate = new Gate();
    fixture.server.fail(target, Fault.stallAfter(100, gate));

    NarBody body = upstream.openNar(url, 0, null).orElseThrow();
    assertEquals(100, body.stream().readNBytes(100).length);
    body.close();

    // If closing read the rest, it would wait at the gate until the read timeout.
    gate.awaitArrivals(1, UpstreamFixture.LONG);
    assertEquals(0, fixture.server.requests().answers().size());
    gate.open();
  }

  private String tag() throws IOException {
    try (NarBody body = upstream.openNar(url, 0, null).orElseThrow()) {
      return String.valueOf(body.entityTag());
    }
  }

  private void assertWhole(String asked) throws IOException {
    try (NarBody body = upstream.openNar(asked, 0, null).orElseThrow()) {
      assertEquals(OptionalLong.of(file.length), body.length());
      assertArrayEquals(file, body.stream().readAllBytes());
    }
  }
}
