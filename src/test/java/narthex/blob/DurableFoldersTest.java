package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFoldersTest {
  @TempDir Path root;

  @Test
  void missingParentsAreCreatedUpToTheTop() throws Exception {
    Path folder = root.resolve("a/b/c");

    DurableFolders.create(folder, root.resolve("a"));
    DurableFolders.create(folder, root.resolve("a"));

    assertTrue(Files.isDirectory(folder));
  }

  @Test
  void theParentOfTheTopIsNeverCreated() {
    Path top = root.resolve("unmounted/blobs");

    assertThrows(
        NoSuchFileException.class, () -> DurableFolders.create(top.resolve("nar/aa"), top));

    assertFalse(Files.exists(root.resolve("unmounted")));
  }
}
