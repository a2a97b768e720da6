package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.StoredNar;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads without HTTP: stored, rejected and aborted ones. */
class UploadTest {
  @TempDir private Path folder;

  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final Sample sample = Sample.of(1, Compression.XZ);
  private final byte[] file = sample.bytes(sample.fileName(), 0);

  @SuppressWarnings("NullAway.Init") // JUnit calls open first
  private Node node;

  UploadTest() throws IOException {}

  @BeforeEach
  void open() throws IOException {
    node =
        Node.open(
            folder,
            Node.Options.usual().withMemory(1 << 20).withNegativeTtl(Duration.ofHours(1)),
            upstream);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private Stored put(byte[] bytes) throws IOException {
    return node.narUpload()
        .store(sample.fileName(), OptionalLong.empty(), new ByteArrayInputStream(bytes));
  }

  private Stored putNarInfo() throws IOException {
    return node.narInfoUpload().store(sample.hash(), sample.narInfo().print());
  }

  private byte[] read(NarFileName name) throws IOException {
    try (InputStream in = node.nars().findHere(name).orElseThrow().open(0)) {
      return in.readAllBytes();
    }
  }

  private void assertNothingKept() throws IOException {
    assertEquals(List.of(), node.blobFiles());
    assertEquals(List.of(), node.temporaryFiles());
    assertEquals(Optional.empty(), node.database().findNar(sample.id().hash()));
    assertEquals(Optional.empty(), node.database().findNarByFileName(sample.fileName().stem()));
  }

  @Test
  void anUploadedNarIsStoredUnderTheHashThatItsBytesHave() throws IOException {
    assertEquals(Stored.NEW, put(file));
    assertEquals(Stored.KNOWN, put(file));

    assertEquals(sample.id(), node.database().findNar(sample.id().hash()).orElseThrow().id());
    assertArrayEquals(file, read(sample.fileName()));
    assertEquals(1, node.blobFiles().size());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @Test
  void ofARefusedNarNothingIsKept() throws IOException {
    byte[] damaged = file.clone();
    damaged[damaged.length / 2] ^= 1;
    byte[] cut = Arrays.copyOf(file, file.length - 1);

    for (byte[] bytes : List.of(damaged, cut, new byte[0])) {
      UploadRefusedException refused = assertThrows(UploadRefusedException.class, () -> put(bytes));
      assertEquals(Reason.WRONG, refused.reason());
    }

    assertNothingKept();
  }

  @Test
  void aBodyThatBreaksOffIsNotRefusedButNothingIsKept() throws IOException {
    InputStream half = new ByteArrayInputStream(file, 0, file.length / 2);
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new EOFException("gone");
          }
        };
    OptionalLong told = OptionalLong.of(file.length);

    assertThrows(
        EOFException.class,
        () ->
            node.narUpload().store(sample.fileName(), told, new SequenceInputStream(half, broken)));
    InputStream again = new ByteArrayInputStream(file, 0, file.length / 2);
    assertThrows(EOFException.class, () -> node.narUpload().store(sample.fileName(), told, again));

    assertNothingKept();
    assertEquals(Stored.NEW, put(file));
  }

  @Test
  void aStoredFileThatIsLostIsReplacedByTheUpload() throws IOException {
    put(file);
    putNarInfo();
    Files.delete(node.blobFiles().get(0));
    assertEquals(Optional.empty(), node.nars().probeHere(sample.fileName()));

    assertEquals(Stored.NEW, put(file));

    assertArrayEquals(file, read(sample.fileName()));
    assertEquals(1, node.blobFiles().size());
    assertTrue(node.narInfos().findHere(sample.hash()).isPresent());
  }

  @Test
  void readsOfUploadsDoNotEvenTidyUpWhatIsLost() throws IOException {
    put(file);
    Files.delete(node.blobFiles().get(0));
    Optional<StoredNar> before = node.database().findNar(sample.id().hash());

    assertEquals(Optional.empty(), node.nars().findHere(sample.fileName()));
    assertEquals(Optional.empty(), node.nars().probeHere(sample.narName()));
    UploadRefusedException refused = assertThrows(UploadRefusedException.class, this::putNarInfo);

    assertTrue(refused.getMessage().contains("not stored here"), refused.getMessage());
    assertEquals(before, node.database().findNar(sample.id().hash()));
  }

  @Test
  void anUploadEndsTheMissThatEverybodyRemembers() throws IOException {
    assertEquals(Optional.empty(), node.narInfo(sample));

    put(file);
    assertEquals(Stored.NEW, putNarInfo());

    assertEquals(sample.id(), node.narInfo(sample).orElseThrow().nar());
  }

  @Test
  void signaturesThatComeLaterAreServedAtOnce() throws IOException {
    put(file);
    String unsigned = sample.narInfo().withSignatures(List.of()).print();
    node.narInfoUpload().store(sample.hash(), unsigned);
    assertEquals(1, node.narInfo(sample).orElseThrow().signatures().size());

    assertEquals(Stored.KNOWN, putNarInfo());

    assertEquals(2, node.narInfo(sample).orElseThrow().signatures().size());
  }

  @Test
  void anUploadedPathWhoseNarIsLostIsAMissUntilItComesAgain() throws IOException {
    put(file);
    putNarInfo();
    Files.delete(node.blobFiles().get(0));
    assertEquals(Optional.empty(), node.nars().find(sample.fileName()));

    assertEquals(Optional.empty(), node.narInfo(sample));
    put(file);

    assertTrue(node.narInfo(sample).isPresent());
  }

  @Test
  void aNarThatAnUpstreamClaimedToHaveUnderTheNameOfAnotherDoesNotStopItsUpload()
      throws IOException {
    Sample liar = Sample.of(2, Compression.XZ);
    Sample lie = liar.saying(said -> sample.narInfo().file()).publish(upstream);
    assertTrue(node.narInfo(lie).isPresent());

    put(file);
    putNarInfo();

    assertArrayEquals(file, read(sample.fileName()));
    Optional<Sha256> named = node.database().findNarByFileName(sample.fileName().stem());
    assertEquals(Optional.of(sample.id().hash()), named);
  }
}
