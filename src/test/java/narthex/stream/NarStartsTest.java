package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NarStartsTest {
  private static final byte[] NAR = NarTree.mixed(1, 100_000).nar();

  private final NarStarts starts = new NarStarts();

  private static byte[] encoded(byte[] bytes, Compression compression) {
    return NarFixture.of("encoded", bytes, compression).file();
  }

  private boolean prove(Compression compression, byte[] beginning) {
    return starts.prove(compression, new ByteArrayInputStream(beginning));
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void theFirstPartOfAFileIsEnough(Compression compression) {
    byte[] file = encoded(NAR, compression);

    assertTrue(prove(compression, file));
    assertFalse(prove(compression, Arrays.copyOf(file, 8)));
    assertFalse(prove(compression, new byte[0]));
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void otherFilesProveNothing(Compression compression) {
    assertFalse(prove(compression, encoded(new byte[5000], compression)));
    assertFalse(prove(compression, "<html>it works</html>".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aLargeDictionaryNeedsNoMemory() {
    byte[] xz = encoded(NAR, Compression.XZ);

    assertTrue(prove(Compression.XZ, XzHeaders.withLargeDictionary(xz)));
  }
}
