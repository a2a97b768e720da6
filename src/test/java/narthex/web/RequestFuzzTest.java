package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import narthex.nix.NixFormatException;

/** Fuzzes ranges and file paths of requests. */
class RequestFuzzTest {
  private static final int HEAD = Long.BYTES;

  /** Larger than any body, but with no more digits than a range may have. */
  private static final long MAX_LENGTH = (1L << 59) - 1;

  /** The first bytes are the length of the body, the rest is the header. */
  @FuzzTest
  void range(byte[] bytes) {
    long length = 0;
    for (int i = 0; i < Math.min(HEAD, bytes.length); i++) {
      length = length << Byte.SIZE | bytes[i] & 0xFF;
    }
    length &= MAX_LENGTH;
    int from = Math.min(HEAD, bytes.length);
    String header = new String(bytes, from, bytes.length - from, StandardCharsets.ISO_8859_1);
    ByteRange range = ByteRange.parse(header, length);
    if (range != null && range != ByteRange.UNSATISFIABLE) {
      assertTrue(range.from() >= 0 && range.count() > 0, header);
      assertTrue(range.count() <= length - range.from(), header);
      assertEquals(
          range,
          ByteRange.parse(range.contentRange(length).replaceFirst(" (.*)/.*", "=$1"), length));
    }
  }

  @FuzzTest
  void filePath(byte[] bytes) {
    try {
      FilePath path = FilePath.parse(new String(bytes, StandardCharsets.UTF_8));
      StringBuilder text = new StringBuilder(path.hash().text());
      path.names().forEach(name -> text.append('/').append(FilePath.encode(name)));
      text.append(path.isDirectory() ? "/" : "");
      assertEquals(path, FilePath.parse(text.toString()));
    } catch (NixFormatException e) {
      assertTrue(e.getMessage().chars().noneMatch(Character::isISOControl), e.getMessage());
    }
  }
}
