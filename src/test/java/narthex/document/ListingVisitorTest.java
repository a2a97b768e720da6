package narthex.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import narthex.nix.NarListing;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;

class ListingVisitorTest {
  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(NarListing.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }

  private static String list(byte[] nar) throws IOException {
    StringBuilder text = new StringBuilder();
    ListingVisitor.list(new ByteArrayInputStream(nar), text);
    return text.toString();
  }

  @Test
  void theListingIsByteForByteThatOfNix() throws IOException {
    String expected = new String(resource("listing.ls"), StandardCharsets.UTF_8);
    assertEquals(expected, list(resource("listing.nar")));
  }

  @Test
  void aNarMayBeOneFileOrOneLink() throws IOException {
    assertEquals(
        "{\"root\":{\"narOffset\":96,\"size\":3,\"type\":\"regular\"},\"version\":1}",
        list(NarTree.file("abc").nar()));
    assertEquals(
        "{\"root\":{\"target\":\"x\",\"type\":\"symlink\"},\"version\":1}",
        list(NarTree.symlink("x").nar()));
    assertEquals(
        "{\"root\":{\"entries\":{},\"type\":\"directory\"},\"version\":1}",
        list(NarTree.directory(Map.of()).nar()));
  }

  @Test
  void aFailureToWritePasses() {
    IOException full = new IOException("full");
    Writer out =
        new Writer() {
          @Override
          public void write(char[] chars, int offset, int length) throws IOException {
            throw full;
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    ByteArrayInputStream nar = new ByteArrayInputStream(NarTree.file("abc").nar());
    assertSame(full, assertThrows(IOException.class, () -> ListingVisitor.list(nar, out)));
  }
}
