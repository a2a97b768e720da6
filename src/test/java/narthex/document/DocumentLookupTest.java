package narthex.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import narthex.blob.FaultyBlobStore;
import narthex.db.DocumentRow;
import narthex.document.DocumentUpload.Existing;
import narthex.ingest.Stored;
import narthex.ingest.UploadRefusedException;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NixFormatException;
import narthex.nix.PublicKey;
import narthex.nix.Realisation;
import narthex.nix.Realisations;
import narthex.nix.SecretKey;
import narthex.stream.Decoders;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.DocumentNode;
import narthex.testing.node.Node;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Documents that were put here, and what becomes of them. */
@Timeout(60)
class DocumentLookupTest {
  private static final String HASH = "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrlm";
  private static final DocumentName LOG = DocumentName.parse("log/" + HASH + "-a.drv");
  private static final DocumentName LISTING = DocumentName.parse(HASH + ".ls");
  private static final byte[] TEXT = "building\n".repeat(20_000).getBytes(UTF_8);
  private static final PublicKey TRUSTED = Realisations.KEY.publicKey();

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private FaultyBlobStore blobs;

  @SuppressWarnings("NullAway.Init")
  private DocumentNode node;

  @BeforeEach
  void start() throws IOException {
    node = open(Node.KEY);
  }

  @AfterEach
  void stop() throws IOException {
    node.close();
    upstream.close();
  }

  private DocumentNode open(SecretKey ours) throws IOException {
    return DocumentNode.open(
        folder,
        new DocumentNode.Options(
            List.of(TRUSTED), ours, Duration.ZERO, store -> blobs = new FaultyBlobStore(store)),
        upstream);
  }

  private Stored put(DocumentName name, byte[] bytes) throws IOException {
    return node.upload().store(name, new ByteArrayInputStream(bytes), Existing.REPLACED);
  }

  private DocumentRow row(DocumentName name) throws IOException {
    return node.database().documents().find(name).orElseThrow();
  }

  @Test
  void whatWasPutIsFoundInBothCodings() throws IOException {
    assertEquals(Stored.NEW, put(LOG, TEXT));

    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
    try (OpenDocument document = node.lookup().findHere(LOG).orElseThrow();
        InputStream frame = document.zstd()) {
      byte[] coded = frame.readAllBytes();
      assertEquals(document.zstdSizeBytes().getAsLong(), coded.length);
      assertTrue(coded.length < TEXT.length / 10);
      assertEquals(TEXT.length, document.sizeBytes());
      try (InputStream plain = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(coded))) {
        assertArrayEquals(TEXT, plain.readAllBytes());
      }
    }
    assertEquals(List.of(), upstream.requests().all());
  }

  @Test
  void anEmptyLogIsADocument() throws IOException {
    put(LOG, new byte[0]);

    assertArrayEquals(new byte[0], node.readHere(LOG).orElseThrow());
  }

  private Stored offer(DocumentName name, byte[] bytes) throws IOException {
    return node.upload().store(name, new ByteArrayInputStream(bytes), Existing.KEPT);
  }

  @Test
  void theFirstOneStaysAndAnEqualOneIsKnown() throws IOException {
    assertEquals(Stored.NEW, offer(LOG, TEXT));
    assertEquals(Stored.KNOWN, offer(LOG, TEXT));

    UploadRefusedException refused =
        assertThrows(UploadRefusedException.class, () -> offer(LOG, "other".getBytes(UTF_8)));

    assertEquals(UploadRefusedException.Reason.CONFLICT, refused.reason());
    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
    assertEquals(1, node.blobFiles().size());
  }

  @Test
  void aRealisationThatSaysTheSameIsKnownWhoeverSignedIt() throws IOException {
    SecretKey other = SecretKey.generate("other-1", new SecureRandom());
    DocumentName name = Realisations.LEAF;
    byte[] signed = Realisation.parse(name, Realisations.leaf()).printSigned(List.of(other));
    byte[] elsewhere =
        new String(Realisations.leaf(), UTF_8)
            .replaceFirst("(\"outPath\" *: *\")....", "$10000")
            .getBytes(UTF_8);

    assertEquals(Stored.NEW, offer(name, Realisations.leaf()));
    assertEquals(Stored.KNOWN, offer(name, signed));
    assertThrows(UploadRefusedException.class, () -> offer(name, elsewhere));
  }

  @Test
  void theLastOneCountsAndTheOldBytesGo() throws IOException {
    put(LOG, TEXT);

    assertEquals(Stored.KNOWN, put(LOG, "other".getBytes(UTF_8)));

    assertEquals("other", new String(node.read(LOG).orElseThrow(), UTF_8));
    node.collect();
    assertEquals(1, node.blobFiles().size());
  }

  @Test
  void aReaderInTheMiddleOfADocumentReadsItToItsEnd() throws IOException {
    put(LOG, TEXT);
    try (OpenDocument document = node.lookup().find(LOG).orElseThrow();
        InputStream in = document.plain()) {
      assertEquals('b', in.read());

      put(LOG, "other".getBytes(UTF_8));
      node.collect();

      assertEquals(1, node.blobFiles().size());
      assertEquals(TEXT.length - 1, in.readAllBytes().length);
    }
  }

  @Test
  void aBodyThatBreaksOffChangesNothing() throws IOException {
    put(LOG, TEXT);
    InputStream broken =
        new SequenceInputStream(
            new ByteArrayInputStream(TEXT, 0, 100_000),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("gone");
              }
            });

    assertThrows(IOException.class, () -> node.upload().store(LOG, broken, Existing.REPLACED));

    assertArrayEquals(TEXT, node.readHere(LOG).orElseThrow());
    assertEquals(1, node.blobFiles().size());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultyBlobStore.Step.class,
      names = {"CREATE", "COMMIT"})
  void aStorageThatFailsChangesNothing(FaultyBlobStore.Step step) throws IOException {
    put(LOG, TEXT);
    blobs.fail(step);

    assertThrows(IOException.class, () -> put(LOG, "other".getBytes(UTF_8)));
    blobs.heal();

    assertArrayEquals(TEXT, node.readHere(LOG).orElseThrow());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @Test
  void listingsAndDebugInformationAreJsonObjects() throws IOException {
    DocumentName debug = DocumentName.parse("debuginfo/483bd7f7229bdb06462222e1e353e4f37e15c293");
    for (DocumentName name : List.of(LISTING, debug)) {
      for (String wrong : List.of("", "[]", "{", "{} x", "<html>")) {
        assertThrows(NixFormatException.class, () -> put(name, wrong.getBytes(UTF_8)));
      }
      assertEquals(Optional.empty(), node.readHere(name));
      byte[] right = " {\"b\":1, \"a\":{\"\u00e4\":[]}}\n".getBytes(UTF_8);
      put(name, right);
      assertArrayEquals(right, node.readHere(name).orElseThrow());
    }
  }

  @Test
  void realisationsMustBeSignedWhereThatIsRequired() throws IOException {
    DocumentName name = Realisations.LEAF;
    SecretKey other = SecretKey.generate("other-1", new SecureRandom());

    assertThrows(
        UploadRefusedException.class,
        () ->
            node.upload(other.publicKey())
                .store(name, new ByteArrayInputStream(Realisations.leaf()), Existing.KEPT));
    assertThrows(NixFormatException.class, () -> put(name, Realisations.top()));
    assertEquals(Optional.empty(), node.readHere(name));

    node.upload(TRUSTED).store(name, new ByteArrayInputStream(Realisations.leaf()), Existing.KEPT);
    assertTrue(node.readHere(name).isPresent());
  }

  @Test
  void aNewKeyOfOursSignsWhatIsStoredAlready() throws IOException {
    put(Realisations.TOP, Realisations.top());
    node.close();
    SecretKey rotated = SecretKey.generate("node-2", new SecureRandom());
    node = open(rotated);

    Realisation served =
        Realisation.parse(Realisations.TOP, node.read(Realisations.TOP).orElseThrow());

    assertTrue(served.isSignedBy(List.of(rotated.publicKey())));
    assertTrue(served.isSignedBy(List.of(TRUSTED)));
    assertEquals(
        List.of("vector-1", "node-2", "node-2"),
        served.signatures().stream().map(it -> it.keyName()).toList());
  }

  @Test
  void aLostDocumentIsAbsentHereAndFetchedAgain() throws IOException {
    put(LOG, TEXT);
    blobs.lose(row(LOG).blob());

    assertEquals(Optional.empty(), node.readHere(LOG));
    assertTrue(node.database().documents().find(LOG).isPresent());

    upstream.put("/" + LOG.print(), "again");
    assertEquals("again", new String(node.read(LOG).orElseThrow(), UTF_8));
  }

  @Test
  void aLostDocumentThatNobodyHasIsAbsent() throws IOException {
    put(LOG, TEXT);
    blobs.lose(row(LOG).blob());

    assertEquals(Optional.empty(), node.read(LOG));
    assertEquals(Optional.empty(), node.database().documents().find(LOG));
  }

  @Test
  void aStorageThatCannotTellIsNoAbsence() throws IOException {
    put(LOG, TEXT);
    blobs.fail(FaultyBlobStore.Step.OPEN);

    assertThrows(IOException.class, () -> node.read(LOG));
    assertThrows(IOException.class, () -> node.readHere(LOG));

    blobs.heal();
    assertArrayEquals(TEXT, node.read(LOG).orElseThrow());
    assertEquals(List.of(), upstream.requests().all());
  }

  @Test
  void aFlippedByteIsNeverAWholeDocument() throws IOException {
    put(LOG, TEXT);
    DocumentRow row = row(LOG);
    for (long at = 0; at < row.blobSizeBytes(); at++) {
      blobs.heal();
      blobs.flipByte(row.blob(), at);
      byte[] read = null;
      try {
        read = node.readHere(LOG).orElseThrow();
      } catch (IOException expected) {
        continue;
      }
      assertArrayEquals(TEXT, read); // bytes that mean nothing, such as the checksum's own
    }
  }
}
