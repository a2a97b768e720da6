package narthex.web;

import static narthex.web.HttpFixture.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that read a NAR over HTTP while it is fetched slowly and cut into chunks. */
class EagerFlightHttpTest extends SharedServer {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int DEADLINE_SECONDS = 60;
  private static final int NAR_BYTES = 1_500_000;
  private static final int READERS = 24;
  private static final int REPEATS = 50;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  private int seed = 7000;

  EagerFlightHttpTest() {
    super(
        Map.of(
            "narthex.cdc.mode", "eager",
            "narthex.cdc.min", "1KiB",
            "narthex.cdc.avg", "4KiB",
            "narthex.cdc.max", "16KiB",
            "narthex.blob.part-size", "128KiB"));
  }

  @AfterAll
  void stopReaders() {
    threads.shutdownNow();
  }

  @Test
  void aRangeOfANarThatIsKnownByItsNameAloneIsSentWhenItsLengthIsKnown() throws Exception {
    byte[] nar = NarTree.mixed(6999, NAR_BYTES).nar();
    Sample sample = Sample.of("by-name", nar, Compression.XZ).publish(http.upstream);
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() - 1L, gate));
    HttpResponse<InputStream> whole = http.open(path(sample.narName()));
    try (InputStream in = whole.body()) {
      assertEquals("bytes", whole.headers().firstValue("accept-ranges").orElse(""));
      Future<HttpResponse<byte[]>> resumed =
          threads.submit(() -> http.get(path(sample.narName()), "Range", "bytes=1000-"));
      gate.awaitArrivals(1, PATIENCE);
      gate.open();

      HttpResponse<byte[]> rest = resumed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertEquals(206, rest.statusCode());
      assertArrayEquals(Arrays.copyOfRange(nar, 1000, nar.length), rest.body());
      assertArrayEquals(nar, in.readAllBytes());
    }
  }

  @ParameterizedTest
  @CsvSource({"HEAD,big.bin,200", "GET,big.bin,304", "GET,big.bin/,404", "HEAD,big.bin/,404"})
  void aFileOfANarThatComesInAgainIsClosedWithTheAnswer(String method, String name, int status)
      throws Exception {
    byte[] nar =
        NarTree.directory(Map.of("big.bin", NarTree.mixed(seed, NAR_BYTES), "x", NarTree.file("x")))
            .nar();
    Sample sample = http.know(Sample.of("again-" + seed++, nar, Compression.ZSTD));
    String file = "/serve/" + sample.hash().text() + "/";
    assertEquals(200, http.get(file + "x").statusCode());
    HttpResponse<byte[]> whole = http.get(file + "big.bin");
    assertEquals(200, whole.statusCode());
    String tag = whole.headers().firstValue("etag").orElseThrow();
    deletePacks();
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() - 1L, gate));
    HttpResponse<InputStream> follower = http.open(path(sample.narName()));
    gate.awaitArrivals(1, PATIENCE);
    long before = openSpools();

    for (int i = 0; i < REPEATS; i++) {
      HttpResponse<byte[]> answer =
          status == 304
              ? http.get(file + name, "If-None-Match", tag)
              : http.send(method, file + name);
      assertEquals(status, answer.statusCode());
    }

    // The flight itself may open a few more. Leaked files would only be closed by a garbage
    // collection later.
    assertTrue(openSpools() < before + REPEATS / 2);
    gate.open();
    try (InputStream in = follower.body()) {
      assertArrayEquals(nar, in.readAllBytes());
    }
  }

  private void deletePacks() throws IOException {
    isDamaged = true;
    try (Stream<Path> all = Files.walk(data.resolve("blobs").resolve("blobs").resolve("pack"))) {
      for (Path pack : all.filter(Files::isRegularFile).toList()) {
        Files.delete(pack);
      }
    }
  }

  /** Returns how many descriptors of spool files are open. */
  private long openSpools() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      String spools = data.resolve("blobs").resolve("tmp").toString();
      return open.map(EagerFlightHttpTest::target).filter(file -> file.startsWith(spools)).count();
    }
  }

  private static String target(Path open) {
    try {
      return Files.readSymbolicLink(open).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }

  private Sample cold(Compression compression) throws IOException {
    int number = seed++;
    byte[] nar = NarTree.mixed(number, NAR_BYTES).nar();
    return http.know(Sample.of("flight-" + number, nar, compression));
  }

  /** A client that has read its first bytes, and the body that it should receive. */
  private record Reader(HttpResponse<InputStream> response, byte[] wanted, int read) {
    boolean leaves(int number) {
      return number % 6 == 5;
    }

    byte[] rest() {
      return Arrays.copyOfRange(wanted, read, wanted.length);
    }
  }

  /**
   * Starts a request and reads some bytes. Of three requests, one is for the whole NAR and two for
   * ranges.
   */
  private Reader begin(Sample sample, int number, int bytes) throws IOException {
    byte[] nar = sample.bytes(sample.narName(), 0);
    int from = number % 3 == 0 ? 0 : 10_001 * number;
    int end = number % 3 == 2 ? nar.length - 70_000 : nar.length;
    HttpResponse<InputStream> response =
        number % 3 == 0
            ? http.open(path(sample.narName()))
            : http.open(
                path(sample.narName()),
                "Range",
                String.format(Locale.ROOT, "bytes=%d-%s", from, end == nar.length ? "" : end - 1));
    assertEquals(number % 3 == 0 ? 200 : 206, response.statusCode());
    Reader reader = new Reader(response, Arrays.copyOfRange(nar, from, end), bytes);
    assertArrayEquals(
        Arrays.copyOf(reader.wanted(), bytes), response.body().readNBytes(bytes), "first bytes");
    return reader;
  }

  private List<Reader> beginMany(Sample sample) throws Exception {
    List<Future<Reader>> beginning = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      int number = i;
      beginning.add(threads.submit(() -> begin(sample, number, 5_000)));
    }
    List<Reader> readers = new ArrayList<>();
    for (Future<Reader> one : beginning) {
      readers.add(one.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
    return readers;
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "ZSTD", "NONE"})
  void manyReadersOfASlowDownloadStreamFromItsFirstChunkOn(Compression compression)
      throws Exception {
    Sample sample = cold(compression);
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));

    List<Reader> readers = beginMany(sample);
    gate.awaitArrivals(1, PATIENCE);
    List<Future<byte[]>> rests = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      Reader reader = readers.get(i);
      if (reader.leaves(i)) {
        reader.response().body().close();
      }
      rests.add(threads.submit(() -> reader.response().body().readAllBytes()));
    }
    for (int i = 0; i < 50; i++) { // little by little
      gate.release(sample.fileBytes() / 200);
    }
    gate.open();

    for (int i = 0; i < READERS; i++) {
      Future<byte[]> rest = rests.get(i);
      if (readers.get(i).leaves(i)) {
        assertThrows(ExecutionException.class, () -> rest.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
      } else {
        assertArrayEquals(
            readers.get(i).rest(), rest.get(DEADLINE_SECONDS, TimeUnit.SECONDS), "reader " + i);
      }
    }
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
    assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void aSlowReaderGoesOnWhenAllIsStored() throws Exception {
    Sample sample = cold(Compression.XZ);
    Reader slow = begin(sample, 0, 1_000);
    Reader range = begin(sample, 2, 1_000);
    assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());

    assertArrayEquals(slow.rest(), slow.response().body().readAllBytes());
    assertArrayEquals(range.rest(), range.response().body().readAllBytes());
    assertEquals(1, http.upstream.requests().count("GET", sample.narTarget()));
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "ZSTD", "NONE"})
  void wrongBytesBreakEveryReaderAndTheNextOneIsRight(Compression compression) throws Exception {
    Sample sample = cold(compression);
    breakAll(sample, Fault.flipByte(sample.fileBytes() - 40L));
  }

  @Test
  void anUpstreamThatBreaksOffBreaksEveryReaderAndTheNextOneIsRight() throws Exception {
    Sample sample = cold(Compression.XZ);
    breakAll(sample, Fault.shortBody(sample.fileBytes() / 10));
  }

  private void breakAll(Sample sample, Fault fault) throws Exception {
    Gate gate = new Gate();
    http.upstream.fail(
        sample.narTarget(), fault.and(Fault.stallAfter(sample.fileBytes() / 2, gate)));
    List<Reader> readers = beginMany(sample);
    gate.open();
    for (int i = 0; i < READERS; i++) {
      InputStream body = readers.get(i).response().body();
      assertThrows(IOException.class, body::readAllBytes, "reader " + i);
    }

    http.upstream.heal();
    assertArrayEquals(sample.bytes(sample.narName(), 0), http.get(path(sample.narName())).body());
    assertTrue(http.upstream.requests().count("GET", sample.narTarget()) > 1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "ZSTD", "NONE"})
  void aClientThatTakesZstdGetsItAsTheNarComesIn(Compression compression) throws Exception {
    Sample sample = cold(compression);
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));
    HttpResponse<InputStream> response =
        http.open(path(sample.narName()), "Accept-Encoding", "zstd");
    try (InputStream in = response.body()) {
      byte[] begin = in.readNBytes(100_000);
      gate.awaitArrivals(1, PATIENCE);
      HttpResponse<byte[]> head = http.head(path(sample.narName()), "Accept-Encoding", "zstd");
      gate.open();
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      sent.write(begin);
      in.transferTo(sent);

      assertArrayEquals(sample.bytes(sample.narName(), 0), decode(sent.toByteArray()));
      for (HttpHeaders headers : List.of(response.headers(), head.headers())) {
        assertEquals("zstd", headers.firstValue("content-encoding").orElse(""));
        assertEquals("Accept-Encoding", headers.firstValue("vary").orElse(""));
        assertTrue(headers.firstValue("etag").orElse("").startsWith("W/"));
        assertTrue(headers.firstValue("accept-ranges").isEmpty());
      }
    }
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"XZ", "ZSTD", "NONE"})
  void wrongBytesBreakAClientThatTakesZstd(Compression compression) throws Exception {
    Sample sample = cold(compression);
    Gate gate = new Gate();
    http.upstream.fail(
        sample.narTarget(),
        Fault.flipByte(sample.fileBytes() - 40L)
            .and(Fault.stallAfter(sample.fileBytes() / 2, gate)));
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (InputStream in = http.open(path(sample.narName()), "Accept-Encoding", "zstd").body()) {
      sent.write(in.readNBytes(1_000));
      gate.open();
      assertThrows(IOException.class, () -> in.transferTo(sent));
    }

    assertTrue(Decoders.decodable(Compression.ZSTD, sent.toByteArray()) < sample.narBytes());
  }
}
