package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StorePathTest {
  private static final String HASH = "70jr248gly7p1vxxxgjjs10n8627dcl0";

  @Test
  void aPathIsItsThreeParts() {
    StorePath path = StorePath.parse("/nix/store/" + HASH + "-vector-2.12.1");

    assertEquals(new StorePath("/nix/store", StorePathHash.parse(HASH), "vector-2.12.1"), path);
    assertEquals(HASH + "-vector-2.12.1", path.baseName());
    assertEquals("/nix/store/" + HASH + "-vector-2.12.1", path.print());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", ".gitignore", "...", "..a", "-", "a.b?c=d_E+f", ".a-b", "x86_64-linux.drv"})
  void namesThatNixTakesAreTaken(String name) {
    StorePath path = StorePath.parse("/nix/store/" + HASH + "-" + name);

    assertEquals(name, path.name());
    assertTrue(StorePath.isBaseName(path.baseName()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "..", ".-a", "..-a", "a b", "a/b", "a!b", "a;b", "a,b", "é", "a\n", "a\0", "a%20b"
      })
  void namesThatNixRefusesAreRefused(String name) {
    assertThrows(
        NixFormatException.class, () -> StorePath.parse("/nix/store/" + HASH + "-" + name));
    assertFalse(StorePath.isBaseName(HASH + "-" + name));
  }

  @Test
  void aNameHas211CharactersAtMost() {
    assertEquals(211, StorePath.parse("/s/" + HASH + "-" + "n".repeat(211)).name().length());
    assertThrows(
        NixFormatException.class, () -> StorePath.parse("/s/" + HASH + "-" + "n".repeat(212)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "nix/store",
        "/nix//store",
        "/nix/store/",
        "/nix/../store",
        "/./nix",
        "/nix/.",
        "/n s",
        "/n;s",
        "/n,s",
        "/é"
      })
  void storeDirectoriesThatAreNotCanonicalAreRefused(String storeDir) {
    assertThrows(NixFormatException.class, () -> StorePath.parse(storeDir + "/" + HASH + "-a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nix/store", "/s", "/home/me/.nix/store", "/..a/b"})
  void otherStoreDirectoriesAreTaken(String storeDir) {
    assertEquals(storeDir, StorePath.parse(storeDir + "/" + HASH + "-a").storeDir());
  }

  @Test
  void hashesHave32CharactersOfTheAlphabet() {
    assertEquals(HASH, StorePathHash.parse(HASH).text());
    for (String text : new String[] {"", HASH + "0", HASH.substring(1), "e" + HASH.substring(1)}) {
      assertThrows(NixFormatException.class, () -> StorePathHash.parse(text));
      assertThrows(NixFormatException.class, () -> StorePath.parse("/nix/store/" + text + "-a"));
    }
  }

  @Property
  void arbitraryTextIsAPathOrRefused(@ForAll String text) {
    for (String path : new String[] {text, "/" + text, "/nix/store/" + HASH + "-" + text}) {
      try {
        assertEquals(path, StorePath.parse(path).print());
      } catch (NixFormatException e) {
        assertFalse(e.getMessage().contains("\n"));
      }
    }
  }
}
