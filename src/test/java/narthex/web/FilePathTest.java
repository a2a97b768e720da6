package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import narthex.nix.NarText;
import narthex.nix.NixFormatException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilePathTest {
  private static final String HASH = "0123456789abcdfghijklmnpqrsvwxyz";

  @Property
  void everyNameIsOneSegment(@ForAll byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = bytes[i] == 0 || bytes[i] == '/' ? (byte) 'x' : bytes[i];
    }
    String name = NarText.of(bytes);
    if (!name.isEmpty() && !name.equals(".") && !name.equals("..")) {
      FilePath path = FilePath.parse(HASH + "/" + FilePath.encode(name));
      assertEquals(List.of(name), path.names());
      assertArrayEquals(bytes, NarText.bytes(path.lastName()));
    }
  }

  @Test
  void aSlashAtTheEndMakesADirectory() {
    assertEquals(
        new FilePath(FilePath.parse(HASH).hash(), List.of(), true), FilePath.parse(HASH + "/"));
    assertEquals(List.of("a", "b+c d"), FilePath.parse(HASH + "/a/b+c%20d/").names());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"//", "/a//b", "/.", "/a/..", "/%2E%2e", "/a%2Fb", "/%00", "/%2", "/%zz", "/%"})
  void crookedPathsAreRefused(String path) {
    assertThrows(NixFormatException.class, () -> FilePath.parse(HASH + path));
  }
}
