package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import narthex.nix.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.XZInputStream;

class EncodingInputStreamTest {
  private static final int MORE_THAN_ANY_BLOCK = 1_000_003;

  private static byte[] encoded(Compression compression, byte[] plain) throws IOException {
    try (InputStream in = new EncodingInputStream(compression, new ByteArrayInputStream(plain))) {
      return in.readAllBytes();
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void theDecoderOfTheFormatGivesTheBytes(Compression compression) throws IOException {
    for (int length : new int[] {0, 1, 65_535, 65_536, 65_537, MORE_THAN_ANY_BLOCK}) {
      byte[] plain = random(length);

      byte[] encoded = encoded(compression, plain);

      assertArrayEquals(plain, Samples.decoded(compression, encoded), compression + " " + length);
      int most = length + length / 50 + 200;
      assertTrue(encoded.length <= most, compression + ": " + encoded.length + " of " + length);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aSourceThatFailsGivesNothingThatLooksWhole(Compression compression) throws IOException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    try (InputStream in =
        new EncodingInputStream(
            compression,
            new FailingInputStream(random(MORE_THAN_ANY_BLOCK), new IOException("broken")))) {
      assertThrows(IOException.class, () -> in.transferTo(got));
    }

    assertThrows(
        CorruptEncodingException.class, () -> Samples.decoded(compression, got.toByteArray()));
  }

  @Test
  void aReaderOfXzNeedsHardlyAnyMemory() throws IOException {
    byte[] plain = random(100_000);
    int mostKib = 200;

    try (InputStream in =
        new XZInputStream(new ByteArrayInputStream(encoded(Compression.XZ, plain)), mostKib)) {
      assertEquals(plain.length, in.readAllBytes().length);
    }
  }
}
