package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code push} with programs that stand for Nix, against a whole server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PushCommandTest {
  private static final String WRITER = "writer-0123456789";
  private static final int SMALL_BYTES = 10_000;
  private static final int LARGE_BYTES = 600_000;

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private ServerUnderTest server;

  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private int seed = 9000;

  @BeforeAll
  void start(@TempDir Path shared) throws IOException {
    folder = shared;
    Files.writeString(folder.resolve("token"), WRITER + "\n");
    server =
        ServerUnderTest.start(
            folder,
            Map.of(
                "narthex.upload.enabled", "true",
                "narthex.token.write", WRITER,
                "narthex.upstreams", ""));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Ended push(FakeNix nix, String... more) {
    List<String> arguments = new ArrayList<>(List.of("push", server.url()));
    arguments.addAll(List.of("--nix-bin", nix.folder().toString()));
    arguments.addAll(List.of("--token-file", folder.resolve("token").toString()));
    arguments.addAll(List.of(more));
    return Ended.run(arguments);
  }

  private NarFixture fresh(int bytes) {
    long number = seed++;
    return NarFixture.of("push-" + number, NarTree.mixed(number, bytes), Compression.NONE);
  }

  private FakeNix nix() throws IOException {
    return FakeNix.in(folder.resolve("nix-" + seed++));
  }

  private HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    URI url = URI.create(server.url() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray());
  }

  private NarInfo narInfo(NarFixture fixture) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = get("/" + fixture.storePath().hash().text() + ".narinfo");
    assertEquals(200, answer.statusCode());
    return NarInfo.parse(new String(answer.body(), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "none"})
  void aClosureIsUploadedOnce(String compression) throws Exception {
    NarFixture leaf = fresh(SMALL_BYTES);
    NarFixture middle = fresh(LARGE_BYTES);
    NarFixture root = fresh(SMALL_BYTES);
    FakeNix nix = nix().add(root, middle, leaf, root).add(middle, leaf).add(leaf);
    String[] arguments = {root.storePath().print(), "--compression", compression, "--jobs", "3"};

    Ended first = push(nix, arguments);

    assertEquals(0, first.status(), first.toString());
    assertTrue(first.out().contains("uploadedPaths: 3\n"), first.out());
    assertTrue(first.out().contains(root.storePath().print()), first.out());
    for (NarFixture fixture : List.of(leaf, middle, root)) {
      NarInfo served = narInfo(fixture);
      assertEquals(fixture.id(), served.nar());
      String plain = "/nar/" + fixture.id().hash().nix32() + ".nar";
      assertArrayEquals(fixture.nar(), get(plain).body());
    }
    assertEquals(
        List.of(
            middle.storePath().baseName(),
            leaf.storePath().baseName(),
            root.storePath().baseName()),
        narInfo(root).references());

    Ended second = push(nix, arguments);
    assertEquals(0, second.status(), second.toString());
    assertTrue(second.out().contains("uploadedPaths: 0\n"), second.out());
    assertEquals(3, nix.dumps(), "nothing is read again");
  }

  @Test
  void anInterruptedPushSendsOnlyTheRest() throws Exception {
    NarFixture leaf = fresh(LARGE_BYTES);
    NarFixture other = fresh(SMALL_BYTES);
    NarFixture root = fresh(SMALL_BYTES);
    FakeNix nix = nix().add(leaf).add(other).add(root, leaf, other);
    Files.delete(nix.nar(other));

    Ended broken = push(nix, root.storePath().print());

    assertEquals(1, broken.status(), broken.toString());
    assertTrue(broken.err().contains(other.storePath().print()), broken.err());
    assertTrue(broken.err().contains("2 of 3 paths were not uploaded"), broken.err());
    assertEquals(404, get("/" + root.storePath().hash().text() + ".narinfo").statusCode());

    Files.write(nix.nar(other), other.nar());
    Ended resumed = push(nix, root.storePath().print());
    assertEquals(0, resumed.status(), resumed.toString());
    assertTrue(resumed.out().contains("uploadedPaths: 2\n"), resumed.out());
  }

  /** An error of Java itself, such as a library that can't be loaded. */
  @Test
  void anErrorOfTheProgramIsAFailureOfItsPath() throws Exception {
    NarFixture path = fresh(SMALL_BYTES);
    PrintWriter broken =
        new PrintWriter(Writer.nullWriter()) {
          @Override
          public void println(String line) {
            throw new LinkageError("no library");
          }
        };
    JobReport report =
        new JobReport("push", JobReport.Style.PLAIN, broken, new PrintWriter(Writer.nullWriter()));
    try (CacheClient client = new CacheClient(URI.create(server.url()), WRITER, 1, Duration.ZERO);
        NixStore store = new NixStore(nix().add(path).folder(), null, folder)) {
      Push push =
          new Push(
              client,
              store,
              new PushProgress(report),
              Runnable::run,
              new Push.Way(null, null, folder));

      List<String> failures = push.upload(store.closure(List.of(path.storePath().print())));

      assertEquals(
          List.of(path.storePath().print() + ": java.lang.LinkageError: no library"), failures);
    }
  }

  @Test
  void aNarWithoutItsNarInfoIsNotSentAgain() throws Exception {
    NarFixture first = fresh(LARGE_BYTES);
    NarFixture same = NarFixture.of("push-same-" + seed++, first.nar(), Compression.NONE);
    assertEquals(0, push(nix().add(first), first.storePath().print()).status());

    FakeNix nix = nix().add(same);
    Ended pushed = push(nix, same.storePath().print());

    assertEquals(0, pushed.status(), pushed.toString());
    assertEquals(first.id(), narInfo(same).nar());
    assertEquals(0, nix.dumps());
  }

  @Test
  void aDryRunListsWhatIsMissing() throws Exception {
    NarFixture path = fresh(SMALL_BYTES);
    FakeNix nix = nix().add(path);

    Ended listed = push(nix, path.storePath().print(), "--dry-run", "--json");

    assertEquals(0, listed.status(), listed.toString());
    assertEquals(
        "{\"tell\":\"" + path.storePath().print() + "\"}",
        listed.out().lines().findFirst().orElse(""));
    assertTrue(listed.out().contains("\"missingPaths\":1"), listed.out());
    assertEquals(404, get("/" + path.storePath().hash().text() + ".narinfo").statusCode());
  }

  @Test
  void aNarThatDiffersFromItsHashIsRefused() throws Exception {
    NarFixture path = fresh(SMALL_BYTES);
    FakeNix nix = nix().add(path);
    Files.write(nix.nar(path), fresh(SMALL_BYTES).nar());

    Ended refused = push(nix, path.storePath().print());

    assertEquals(1, refused.status(), refused.toString());
    assertTrue(refused.err().contains("was refused, status 400: "), refused.err());
  }

  @Test
  void aPathIsSignedWithTheKeyOfTheUser() throws Exception {
    SecretKey key = SecretKey.generate("user-1", new SecureRandom());
    Path file = Files.writeString(folder.resolve("key"), key.print() + "\n");
    NarFixture leaf = fresh(SMALL_BYTES);
    NarFixture path = fresh(SMALL_BYTES);
    FakeNix nix = nix().add(leaf).add(path, leaf);

    Ended pushed = push(nix, path.storePath().print(), "--sign-key", file.toString());

    assertEquals(0, pushed.status(), pushed.toString());
    assertTrue(narInfo(path).isSignedBy(List.of(key.publicKey())));
  }

  @Test
  void wrongUsageAndMissingProgramsAreOneLine() throws Exception {
    FakeNix empty = nix();
    for (String[] arguments :
        new String[][] {
          {}, {"/nix/store/x", "--jobs", "0"}, {"/nix/store/x", "--compression", "xz"}
        }) {
      Ended wrong = push(empty, arguments);
      assertEquals(2, wrong.status(), wrong.toString());
      assertEquals(1, wrong.err().lines().count(), wrong.err());
    }
    Files.delete(empty.folder().resolve("nix"));
    Ended without = push(empty, "/nix/store/x");
    assertEquals(1, without.status());
    assertTrue(without.err().contains("is Nix installed"), without.err());
  }
}
