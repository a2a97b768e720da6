package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Random;
import narthex.nix.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

@Timeout(120)
class DecodersTest {
  /** Tests every offset this close to either end, and a sample of those between. */
  private static final int EDGE = 64;

  private static final int STEP = 97;

  @ParameterizedTest
  @EnumSource
  void whatTheUsualCommandMadeIsDecoded(Compression compression) throws IOException {
    byte[] compressed = Samples.compressed(compression);

    assertArrayEquals(Samples.plain(), Samples.decoded(compression, compressed));
  }

  @ParameterizedTest
  @EnumSource
  void aSourceThatGivesSingleBytesIsDecodedTheSame(Compression compression) throws IOException {
    InputStream source = new TricklingInputStream(Samples.compressed(compression));

    assertArrayEquals(Samples.plain(), Samples.decoded(compression, source));
  }

  @ParameterizedTest
  @EnumSource
  void readingSingleBytesGivesTheSame(Compression compression) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    InputStream compressed = new ByteArrayInputStream(Samples.compressed(compression));
    try (InputStream in = Decoders.decode(compression, compressed)) {
      for (int value = in.read(); value >= 0; value = in.read()) {
        read.write(value);
      }
      assertEquals(-1, in.read());
    }

    assertArrayEquals(Samples.plain(), read.toByteArray());
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD", "GZIP", "BZIP2", "LZ4"})
  void streamsBehindEachOtherAreOne(Compression compression) throws IOException {
    byte[] one = Samples.compressed(compression);

    byte[] decoded = Samples.decoded(compression, Samples.concatenated(one, one, one));

    byte[] plain = Samples.plain();
    assertArrayEquals(Samples.concatenated(plain, plain, plain), decoded);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aStreamCutAnywhereFails(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    for (int length = 0; length < whole.length; length = next(length, whole.length)) {
      byte[] cut = Samples.prefix(whole, length);
      assertThrows(
          CorruptEncodingException.class,
          () -> Samples.decoded(compression, cut),
          "cut at " + length);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD", "GZIP", "BZIP2", "LZ4"})
  void aSecondStreamCutAnywhereFails(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    for (int length = 1; length < whole.length; length = next(length, whole.length)) {
      byte[] cut = Samples.concatenated(whole, Samples.prefix(whole, length));
      assertThrows(
          CorruptEncodingException.class,
          () -> Samples.decoded(compression, cut),
          "cut at " + length);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void garbageBehindTheEndFails(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    Random random = new Random(1);
    for (int length : new int[] {1, 2, 3, 4, 5, 7, 8, 18, 100, 4096, 70_000, 200_000}) {
      byte[] garbage = new byte[length];
      random.nextBytes(garbage);
      byte[] longer = Samples.concatenated(whole, garbage);
      assertThrows(
          CorruptEncodingException.class,
          () -> Samples.decoded(compression, longer),
          length + " bytes");
    }
  }

  /** The other formats' samples consist of a single block, which decoders need completely. */
  @ParameterizedTest
  @EnumSource(names = {"GZIP", "BR", "LZ4"})
  void whatHasComeIsGivenBeforeTheSourceHasMore(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    byte[] most = Samples.prefix(whole, whole.length * 3 / 4);
    IOException trouble = new IOException("nothing more has come");
    try (InputStream in = Decoders.decode(compression, new FailingInputStream(most, trouble))) {
      byte[] bytes = new byte[100];

      assertTrue(in.read(bytes) > 0);
      assertEquals(Samples.plain()[0], bytes[0]);
    }
  }

  @Test
  void zerosBehindAGzipStreamArePadding() throws IOException {
    byte[] whole = Samples.compressed(Compression.GZIP);
    for (int zeros : new int[] {1, 511, 100_000}) {
      byte[] padded = Samples.concatenated(whole, whole, new byte[zeros]);

      assertArrayEquals(
          Samples.concatenated(Samples.plain(), Samples.plain()),
          Samples.decoded(Compression.GZIP, padded));
    }
    byte[] garbage = Samples.concatenated(whole, new byte[3], whole);
    assertThrows(CorruptEncodingException.class, () -> Samples.decoded(Compression.GZIP, garbage));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"NONE", "GZIP"})
  void aZeroByteBehindTheEndFails(Compression compression) throws IOException {
    byte[] longer = Samples.concatenated(Samples.compressed(compression), new byte[1]);

    assertThrows(CorruptEncodingException.class, () -> Samples.decoded(compression, longer));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aFlippedBitGivesBytesOrACheckedException(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    for (int offset = 0; offset < whole.length; offset = next(offset, whole.length)) {
      byte[] damaged = whole.clone();
      damaged[offset] ^= (byte) (1 << offset % 8);
      decodeOrFailChecked(compression, damaged);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void randomBytesBehindAGoodStartAreBytesOrACheckedException(Compression compression)
      throws IOException {
    byte[] whole = Samples.compressed(compression);
    Random random = new Random(2);
    for (int round = 0; round < 300; round++) {
      byte[] garbage = new byte[random.nextInt(2000)];
      random.nextBytes(garbage);
      byte[] start = Samples.prefix(whole, random.nextInt(60));
      decodeOrFailChecked(compression, Samples.concatenated(start, garbage));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "ZSTD", "GZIP", "BZIP2", "LZ4"})
  void formatsWithAChecksumNeverGiveOtherBytesAsWhole(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    for (int offset = 200; offset < whole.length - 50; offset += STEP) {
      byte[] damaged = whole.clone();
      damaged[offset] ^= 0x10;
      assertThrows(
          CorruptEncodingException.class,
          () -> Samples.decoded(compression, damaged),
          "flipped at " + offset);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void theBytesOfAnotherCompressionFail(Compression compression) throws IOException {
    for (Compression other : Compression.values()) {
      if (other != compression) {
        byte[] bytes = Samples.compressed(other);
        assertThrows(
            CorruptEncodingException.class,
            () -> Samples.decoded(compression, bytes),
            () -> other + " as " + compression);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void noBytesAreNoStream(Compression compression) {
    assertThrows(CorruptEncodingException.class, () -> Samples.decoded(compression, new byte[0]));
  }

  @ParameterizedTest
  @EnumSource
  void troubleWithTheSourceKeepsItsOwnException(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    for (int length : new int[] {0, 1, 20, whole.length / 2, whole.length}) {
      IOException trouble = new IOException("connection reset");
      InputStream source = new FailingInputStream(Samples.prefix(whole, length), trouble);

      IOException seen =
          assertThrows(IOException.class, () -> Samples.decoded(compression, source));

      assertSame(trouble, seen, "after " + length);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anUncheckedExceptionOfTheSourceIsNotTakenForCorruption(Compression compression) {
    IllegalStateException bug = new IllegalStateException("a bug");
    InputStream source =
        new InputStream() {
          @Override
          public int read() {
            throw bug;
          }
        };

    assertSame(
        bug, assertThrows(IllegalStateException.class, () -> Samples.decoded(compression, source)));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aFailedStreamGoesOnFailing(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    byte[] cut = Samples.prefix(whole, whole.length - 1);
    try (InputStream in = Decoders.decode(compression, new ByteArrayInputStream(cut))) {
      assertThrows(CorruptEncodingException.class, in::readAllBytes);
      assertThrows(CorruptEncodingException.class, in::read);
      assertThrows(CorruptEncodingException.class, () -> in.read(new byte[10]));
    }
  }

  @ParameterizedTest
  @EnumSource
  void closingClosesTheSourceOnceWhateverWasRead(Compression compression) throws IOException {
    for (int read : new int[] {0, 1, 100_000}) {
      TricklingInputStream source = new TricklingInputStream(Samples.compressed(compression));
      InputStream in = Decoders.decode(compression, source);
      int wanted = Math.min(read, 1000);
      assertEquals(wanted, in.readNBytes(wanted).length);

      in.close();

      assertEquals(1, source.closed);
    }
  }

  @Test
  void noneIsTheSourceItself() {
    InputStream source = InputStream.nullInputStream();

    assertSame(source, Decoders.decode(Compression.NONE, source));
  }

  @Test
  void nothingIsReadBeforeTheFirstRead() throws IOException {
    InputStream source = new FailingInputStream(new byte[0], new IOException("read"));
    for (Compression compression : Compression.values()) {
      Decoders.decode(compression, source).close();
    }
  }

  @Test
  void anXzStreamThatWantsTooMuchMemoryFails() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream xz = new XZOutputStream(out, new LZMA2Options(0))) {
      xz.write(Samples.plain());
    }
    byte[] modest = out.toByteArray();

    DecoderTooLargeException refused =
        assertThrows(
            DecoderTooLargeException.class,
            () -> Samples.decoded(Compression.XZ, XzHeaders.withLargeDictionary(modest)));

    assertTrue(String.valueOf(refused.getMessage()).contains("memory"), refused.getMessage());
  }

  @Test
  void aZstdFrameWithTooLargeAWindowFails() {
    int exponent = OpenDecoders.ZSTD_MAX_WINDOW_LOG + 1 - 10;
    byte[] frame = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, (byte) (exponent << 3), 1, 0, 0};
    byte[] allowed = frame.clone();
    allowed[5] = (byte) (exponent - 1 << 3);

    assertThrows(CorruptEncodingException.class, () -> Samples.decoded(Compression.ZSTD, frame));
    assertEquals(0, assertDoesNotThrow(() -> Samples.decoded(Compression.ZSTD, allowed)).length);
  }

  private static void decodeOrFailChecked(Compression compression, byte[] bytes) {
    try {
      Samples.decoded(compression, bytes);
    } catch (CorruptEncodingException | TooLongException e) {
      // Expected; any other exception fails the test.
    } catch (IOException e) {
      throw new AssertionError("neither corrupt nor too long", e);
    }
  }

  private static int next(int offset, int length) {
    return offset < EDGE || offset >= length - EDGE
        ? offset + 1
        : Math.min(offset + STEP, length - EDGE);
  }
}
