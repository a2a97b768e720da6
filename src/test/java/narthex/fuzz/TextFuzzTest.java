package narthex.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.NarListing;
import narthex.nix.NixFormatException;
import narthex.nix.Realisation;

/**
 * Texts of the protocol stay the same if they are parsed, printed and parsed again, or they are
 * refused.
 */
class TextFuzzTest {
  private static final int MAX_MESSAGE = 401;
  private static final List<DocumentName> REALISATIONS =
      List.of(
          DocumentName.parse("realisations/sha256:" + "a".repeat(64) + "!out.doi"),
          DocumentName.parse(
              "build-trace-v2/0123456789abcdfghijklmnpqrsvwxyz-hello-1.0.drv/out.doi"));

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void checkRefusal(NixFormatException e) {
    String message = e.getMessage();
    assertTrue(message.length() <= MAX_MESSAGE, message);
    assertTrue(message.chars().noneMatch(Character::isISOControl), message);
  }

  @FuzzTest
  void narInfo(byte[] bytes) {
    try {
      NarInfo narInfo = NarInfo.parse(text(bytes));
      assertEquals(narInfo, NarInfo.parse(narInfo.print()));
      assertEquals(narInfo.print(), NarInfo.parse(narInfo.print()).print());
      assertEquals(-1, narInfo.fingerprint().indexOf('\n'));
    } catch (NixFormatException e) {
      checkRefusal(e);
    }
  }

  @FuzzTest
  void narFileName(byte[] bytes) {
    try {
      String text = text(bytes);
      assertEquals(text, NarFileName.parse(text).print());
    } catch (NixFormatException e) {
      checkRefusal(e);
    }
  }

  @FuzzTest
  void documentName(byte[] bytes) {
    try {
      String text = text(bytes);
      DocumentName name = DocumentName.parse(text);
      assertEquals(text, name.print());
      assertEquals(name, DocumentName.parse(name.print()));
    } catch (NixFormatException e) {
      checkRefusal(e);
    }
  }

  @FuzzTest
  void narListing(byte[] bytes) {
    try {
      NarListing listing = NarListing.parse(text(bytes));
      assertEquals(listing, NarListing.parse(listing.print()));
    } catch (NixFormatException e) {
      checkRefusal(e);
    }
  }

  @FuzzTest
  void realisation(byte[] bytes) {
    for (DocumentName name : REALISATIONS) {
      try {
        Realisation realisation = Realisation.parse(name, bytes);
        byte[] printed = realisation.printSigned(List.of());
        assertEquals(text(printed), text(Realisation.parse(name, printed).printSigned(List.of())));
      } catch (NixFormatException e) {
        checkRefusal(e);
      }
    }
  }
}
