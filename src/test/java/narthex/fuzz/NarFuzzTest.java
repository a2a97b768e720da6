package narthex.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import narthex.nix.NarText;
import narthex.stream.NarReader;
import narthex.stream.NotNarException;
import narthex.testing.NarTree;

/**
 * A NAR has only one form: writing what was read gives the same bytes, and everything else is
 * refused.
 */
class NarFuzzTest {
  @FuzzTest
  void nar(byte[] bytes) throws IOException {
    try {
      Builder builder = new Builder();
      assertEquals(bytes.length, NarReader.read(new ByteArrayInputStream(bytes), builder));
      if (builder.isUtf8) {
        assertEquals(
            java.util.HexFormat.of().formatHex(bytes),
            java.util.HexFormat.of().formatHex(builder.root().nar()));
      }
    } catch (NotNarException e) {
      assertTrue(e.offset() <= bytes.length, e.getMessage());
    }
  }

  /** Builds a tree from the visitor's calls. */
  private static final class Builder implements NarReader.Visitor {
    private record Open(String name, Map<String, NarTree> entries) {}

    private final Deque<Open> open = new ArrayDeque<>();
    private boolean isUtf8 = true;

    Builder() {
      open.push(new Open("", new HashMap<>()));
    }

    NarTree root() {
      return open.element().entries().values().iterator().next();
    }

    private void add(String name, NarTree tree) {
      open.element().entries().put(name, tree);
    }

    @Override
    public void beginDirectory(String name) {
      isUtf8 &= NarText.isUtf8(name);
      open.push(new Open(name, new HashMap<>()));
    }

    @Override
    public void endDirectory() {
      Open ended = open.pop();
      add(ended.name(), NarTree.directory(ended.entries()));
    }

    @Override
    public void file(NarReader.RegularFile file, InputStream contents) throws IOException {
      isUtf8 &= NarText.isUtf8(file.name());
      byte[] bytes = contents.readAllBytes();
      add(file.name(), file.executable() ? NarTree.executable(bytes) : NarTree.file(bytes));
    }

    @Override
    public void symlink(String name, String target) {
      isUtf8 &= NarText.isUtf8(name) && NarText.isUtf8(target);
      add(name, NarTree.symlink(target));
    }
  }
}
