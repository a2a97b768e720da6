package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.serve.Advertising;
import narthex.testing.node.Sample;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The filter corrects narinfos, whatever the servlets behind it send. */
class EagerCdcNarInfoFilterTest {
  private static final Sample SAMPLE = Sample.of(71, Compression.XZ);
  private static final String TYPE = "text/x-nix-narinfo";

  /** What the client receives. */
  private record Seen(Map<String, Object> headers, byte[] body) {
    String tag() {
      return String.valueOf(headers.get("ETag"));
    }
  }

  /** Sends a body with this type and the entity tag "behind" through the filter. */
  private static Seen send(CdcMode mode, String type, byte[] body, String method, String... headers)
      throws IOException {
    Map<String, Object> seen = new HashMap<>(Map.of("status", 200));
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    HeldResponse held = new HeldResponse(recording(seen, sent));
    held.setHeader("ETag", "\"behind\"");
    held.setContentType(type);
    held.setContentLength(body.length);
    held.getOutputStream().write(body);
    EagerCdcNarInfoFilter.send(
        new Advertising(mode, Advertising.Chunked.AS_NONE), request(method, headers), held);
    return new Seen(seen, sent.toByteArray());
  }

  @Test
  void aNarInfoInPiecesAndOfUnknownLengthIsCorrectedToo() throws IOException {
    byte[] text = text();
    for (int announced : new int[] {0, text.length / 2, text.length, 2 * text.length}) {
      HeldResponse held = new HeldResponse(recording(new HashMap<>(), new ByteArrayOutputStream()));
      held.getOutputStream().write(text[0]);
      held.setContentLength(announced);
      held.getOutputStream().write(text, 1, 9);
      held.getOutputStream().write(text, 10, text.length - 10);

      assertArrayEquals(text, held.body());
    }
  }

  private static byte[] text() {
    return SAMPLE.narInfo().print().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aLegacyRowLeavesAsNone() throws IOException {
    Seen seen = send(CdcMode.EAGER, TYPE, text(), "GET");

    NarInfo told = NarInfo.parse(new String(seen.body(), StandardCharsets.UTF_8));
    assertEquals(
        new NarFile("nar/" + SAMPLE.narName().print(), Compression.NONE, null, null), told.file());
    assertEquals(true, told.isSignedBy(List.of(Sample.KEY.publicKey())));
    assertEquals(seen.body().length, seen.headers().get("length"));
    assertEquals(TYPE, seen.headers().get("type"));
    assertNotEquals("\"behind\"", seen.tag());
  }

  @Test
  void headTellsLengthAndTagOfWhatGetSends() throws IOException {
    Seen get = send(CdcMode.EAGER, TYPE, text(), "GET");
    Seen head = send(CdcMode.EAGER, TYPE, text(), "HEAD");

    assertEquals(get.headers(), head.headers());
    assertEquals(0, head.body().length);
  }

  @Test
  void onlyTheTagOfWhatIsSentIsNotModified() throws IOException {
    String tag = send(CdcMode.EAGER, TYPE, text(), "GET").tag();

    Seen same = send(CdcMode.EAGER, TYPE, text(), "GET", "If-None-Match", tag);
    assertEquals(304, same.headers().get("status"));
    assertEquals(0, same.body().length);
    Seen old = send(CdcMode.EAGER, TYPE, text(), "GET", "If-None-Match", "\"behind\"");
    assertEquals(200, old.headers().get("status"));
    assertEquals(tag, old.tag());
  }

  @Test
  void whatIsRightAlreadyLeavesAsItIs() throws IOException {
    byte[] right = send(CdcMode.EAGER, TYPE, text(), "GET").body();

    Seen again = send(CdcMode.EAGER, TYPE, right, "GET");

    assertArrayEquals(right, again.body());
    assertEquals("\"behind\"", again.tag());
    Seen known = send(CdcMode.EAGER, TYPE, right, "GET", "If-None-Match", "\"behind\"");
    assertEquals(304, known.headers().get("status"));
  }

  @Test
  void whatIsNoNarInfoLeavesAsItIs() throws IOException {
    byte[] line = "no such narinfo\n".getBytes(StandardCharsets.UTF_8);

    Seen seen = send(CdcMode.EAGER, "text/plain;charset=utf-8", line, "GET");

    assertArrayEquals(line, seen.body());
    assertEquals(line.length, seen.headers().get("length"));
  }

  private static HttpServletRequest request(String method, String... headers) {
    return new HttpServletRequestWrapper(Requests.with(headers)) {
      @Override
      public @Nullable Object getAttribute(String name) {
        return null;
      }

      @Override
      public String getMethod() {
        return method;
      }
    };
  }

  private static HttpServletResponse recording(
      Map<String, Object> seen, ByteArrayOutputStream sent) {
    return new HttpServletResponseWrapper(Requests.recordingTo(seen)) {
      @Override
      public int getStatus() {
        return (int) seen.getOrDefault("status", 0);
      }

      @Override
      public String getHeader(String name) {
        return String.valueOf(seen.get(name));
      }

      @Override
      public void setContentType(String type) {
        seen.put("type", type);
      }

      @Override
      public void setContentLength(int length) {
        seen.put("length", length);
      }

      @Override
      public ServletOutputStream getOutputStream() {
        return new ServletOutputStream() {
          @Override
          public void write(int one) {
            sent.write(one);
          }

          @Override
          public boolean isReady() {
            return true;
          }

          @Override
          public void setWriteListener(WriteListener listener) {
            throw new UnsupportedOperationException();
          }
        };
      }
    };
  }
}
