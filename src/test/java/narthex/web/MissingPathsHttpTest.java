package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

class MissingPathsHttpTest extends UploadHttpFixture {
  private static final String PATH = "/missing-paths";
  private static final int MANY = 20_000;

  private HttpResponse<byte[]> ask(String body, String... headers) throws IOException {
    return http.post(PATH, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static String hash(int number) {
    return String.format(Locale.ROOT, "%032d", number);
  }

  @Test
  void whatIsNotStoredIsAnsweredInTheOrderAsked() throws IOException {
    NarFixture uploaded = uploaded(fresh(Compression.ZSTD));
    NarFixture onlyNar = fresh(Compression.XZ);
    http.put(narPath(onlyNar), onlyNar.file());
    Sample known = http.know(Sample.of(1, Compression.XZ));
    Sample upstreams = Sample.of(2, Compression.XZ);
    upstreams.publish(http.upstream);
    int requests = http.upstream.requests().all().size();

    List<String> missing =
        List.of(
            onlyNar.storePath().print(),
            known.hash().text(),
            upstreams.narInfo().storePath().baseName());
    List<String> asked = new ArrayList<>(missing);
    asked.add(1, uploaded.storePath().print());
    asked.add(2, uploaded.storePath().hash().text());
    asked.add(3, uploaded.storePath().baseName());
    asked.add(4, missing.get(0));
    asked.add(5, "");
    HttpResponse<byte[]> answer = ask(String.join("\r\n", asked));

    assertEquals(200, answer.statusCode(), text(answer));
    assertEquals(String.join("\n", missing) + "\n", text(answer));
    assertEquals("no-store", answer.headers().firstValue("cache-control").orElse(""));
    assertTrue(answer.headers().firstValue("content-type").orElse("").startsWith("text/plain"));
    assertEquals(requests, http.upstream.requests().all().size(), "no upstream is asked");
    assertEquals("", text(ask("")));
  }

  @Test
  void aPathOfAnUpstreamIsStoredOnceItsNarIs() throws IOException {
    Sample sample = http.know(Sample.of(3, Compression.XZ));
    String line = sample.hash().text() + "\n";
    assertEquals(line, text(ask(line)));

    assertEquals(200, http.get(sample.narTarget()).statusCode());
    Soon.await("stored soon after the last byte").until(() -> text(ask(line)).isEmpty());

    assertEquals("", text(ask(line)), "remembered");
    assertEquals(200, http.get("/upload/" + sample.hash().text() + ".narinfo").statusCode());
  }

  @Test
  void manyPathsAreAnsweredAtOnce() throws IOException {
    NarFixture uploaded = uploaded(fresh(Compression.ZSTD));
    StringBuilder asked = new StringBuilder();
    for (int i = 0; i < MANY; i++) {
      asked.append(hash(i)).append('\n');
    }
    String missing = asked.toString();
    asked.insert(asked.length() / 2 / 33 * 33, uploaded.storePath().hash().text() + "\n");

    assertEquals(missing, text(ask(asked.toString())));
    byte[] zstd = Zstd.compress(asked.toString().getBytes(StandardCharsets.UTF_8));
    assertEquals(missing, text(http.post(PATH, zstd, "Content-Encoding", "zstd")));
  }

  @Test
  void aWrongBodyIsRefusedWithTheNumberOfTheLine() throws IOException {
    assertRefused(400, "line 2: ", ask(hash(1) + "\nnonsense\n"));
    assertRefused(400, "line 1: ", ask("/other/store/" + hash(1) + "-a"));
    assertRefused(400, "line 1: ", ask("e" + hash(1).substring(1)));
    assertRefused(400, "UTF-8", http.post(PATH, new byte[] {(byte) 0xff}));
    assertRefused(413, "line 50001: ", ask("\n".repeat(MissingPathsServlet.MAX_LINES + 1)));
    assertRefused(413, "bytes", ask(" ".repeat((int) MissingPathsServlet.MAX_BYTES + 1)));
  }

  @Test
  void otherMethodsAreRefused() throws IOException {
    for (String method : List.of("GET", "HEAD", "PUT", "DELETE")) {
      HttpResponse<byte[]> answer = http.send(method, PATH);
      assertEquals(405, answer.statusCode(), method);
      assertEquals("POST", answer.headers().firstValue("allow").orElse(""));
    }
  }
}
