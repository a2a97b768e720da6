package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.Compression;
import narthex.stream.Encoders;
import narthex.stream.XzHeaders;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Small request bodies whose decoders need much memory. */
class GreedyUploadHttpTest extends UploadHttpFixture {
  private static final int UPLOADS = 50;

  /** Number of bodies with the large dictionary in a second stream, after a small one. */
  private static final int HIDDEN = 10;

  /** LZMA2's property byte for 192 MiB. */
  private static final byte DICTIONARY = 31;

  private static final Set<Integer> CLEAN = Set.of(200, 201, 413, 503);

  private final ExecutorService clients = Executors.newCachedThreadPool();

  @AfterEach
  void stopClients() {
    clients.shutdownNow();
  }

  private static byte[] xz(byte[] text) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(Compression.XZ, file)) {
      out.write(text);
    }
    return file.toByteArray();
  }

  /** Returns the narinfo in xz with a large dictionary size in its header. */
  private static byte[] greedy(NarFixture fixture, boolean hidden) throws IOException {
    byte[] text = text(narInfo(fixture));
    if (!hidden) {
      return XzHeaders.withDictionary(xz(text), DICTIONARY);
    }
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(xz(Arrays.copyOf(text, 10)));
    both.writeBytes(
        XzHeaders.withDictionary(xz(Arrays.copyOfRange(text, 10, text.length)), DICTIONARY));
    return both.toByteArray();
  }

  @Test
  void manyLargeDictionariesAtOnceAreAnsweredCleanly() throws Exception {
    List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < UPLOADS; i++) {
      NarFixture fixture = fresh(Compression.NONE);
      assertEquals(201, http.put(narPath(fixture), fixture.file()).statusCode());
      byte[] body = greedy(fixture, i < HIDDEN);
      answers.add(
          clients.submit(() -> http.put(narInfoPath(fixture), body, "Content-Encoding", "xz")));
    }

    uploaded(fresh(Compression.XZ));

    int stored = 0;
    for (Future<HttpResponse<byte[]>> answer : answers) {
      HttpResponse<byte[]> response = answer.get();
      assertTrue(CLEAN.contains(response.statusCode()), () -> "" + response.statusCode());
      stored += response.statusCode() == 201 ? 1 : 0;
    }
    assertTrue(stored >= UPLOADS - HIDDEN, "stored " + stored);
  }
}
