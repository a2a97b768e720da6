package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import narthex.nix.Sha256;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CheckingStreamsTest {
  private static final String EMPTY =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @Property
  void countAndDigestAreThoseOfTheBytesRead(
      @ForAll byte[] bytes, @ForAll @IntRange(min = 1, max = 50) int blockBytes) throws Exception {
    DigestingInputStream in = new DigestingInputStream(new ByteArrayInputStream(bytes));

    int first = in.read();
    byte[] block = new byte[blockBytes];
    while (in.read(block) >= 0) {
      assertTrue(in.count() <= bytes.length);
    }

    assertEquals(bytes.length == 0 ? -1 : bytes[0] & 0xFF, first);
    assertEquals(bytes.length, in.count());
    assertEquals(Sha256.of(MessageDigest.getInstance("SHA-256").digest(bytes)), in.digest());
  }

  @Test
  void skippedBytesAreCountedAndDigested() throws IOException {
    byte[] bytes = Samples.plain();
    DigestingInputStream skipping = new DigestingInputStream(new ByteArrayInputStream(bytes));
    DigestingInputStream reading = new DigestingInputStream(new ByteArrayInputStream(bytes));

    skipping.skipNBytes(bytes.length);
    reading.readAllBytes();

    assertEquals(reading.count(), skipping.count());
    assertEquals(reading.digest(), skipping.digest());
  }

  @Test
  void theDigestIsTakenOnceAndEndsTheReading() throws IOException {
    InputStream source = new ByteArrayInputStream(new byte[] {1});
    DigestingInputStream in = new DigestingInputStream(source);

    assertEquals(EMPTY, in.digest().base16());
    assertEquals(EMPTY, in.digest().base16());
    assertThrows(IllegalStateException.class, in::read);
  }

  @Test
  void closingADigestingOrBoundedStreamClosesItsSource() throws IOException {
    FailingInputStream source = new FailingInputStream(new byte[0], new IOException("read"));

    new DigestingInputStream(source).close();
    new BoundedInputStream(source, 1, "a test").close();

    assertEquals(2, source.closed);
  }

  @Property
  void aBoundThatIsNotReachedChangesNothing(@ForAll byte[] bytes) throws IOException {
    try (InputStream in =
        new BoundedInputStream(new ByteArrayInputStream(bytes), bytes.length, "a test")) {
      assertArrayEquals(bytes, in.readAllBytes());
      assertEquals(-1, in.read());
      assertEquals(-1, in.read(new byte[3]));
    }
  }

  @Test
  void oneByteTooManyFailsAndGoesOnFailing() throws IOException {
    try (InputStream in =
        new BoundedInputStream(new ByteArrayInputStream(new byte[11]), 10, "a narinfo")) {
      assertEquals(10, in.read(new byte[20]));
      TooLongException refused = assertThrows(TooLongException.class, in::read);
      assertEquals("a narinfo has more than 10 bytes", refused.getMessage());
      assertEquals(10, refused.maxBytes());
      assertEquals("a narinfo", refused.what());
      assertThrows(TooLongException.class, () -> in.read(new byte[1]));
      assertThrows(TooLongException.class, in::read);
    }
  }

  @Test
  void aBoundOfNothingTakesAnEmptyStreamOnly() throws IOException {
    assertEquals(-1, new BoundedInputStream(InputStream.nullInputStream(), 0, "a test").read());
    assertThrows(
        TooLongException.class,
        () -> new BoundedInputStream(new ByteArrayInputStream(new byte[1]), 0, "a test").read());
    assertThrows(
        IllegalArgumentException.class,
        () -> new BoundedInputStream(InputStream.nullInputStream(), -1, "a test"));
  }

  @Test
  void aCorruptNarSaysWhatIsWrongAndWhere() {
    CorruptNarException corrupt = new CorruptNarException("NarSize", "7", "8", "cache.example");

    assertEquals("wrong NarSize from cache.example: expected 7, actual 8", corrupt.getMessage());
    assertEquals("NarSize", corrupt.what());
    assertEquals("7", corrupt.expected());
    assertEquals("8", corrupt.actual());
    assertEquals("cache.example", corrupt.source());
  }
}
