package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.nix.Compression;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NixStoreTest {
  private static final int NAR_BYTES = 2_000_000;

  @TempDir Path folder;

  private FakeNix nix() throws IOException {
    return FakeNix.in(folder.resolve("bin"));
  }

  private NixStore store(FakeNix nix) {
    return new NixStore(nix.folder(), "daemon", folder);
  }

  @Test
  void linksAreGivenToNixAsAbsolutePaths() throws IOException {
    Path link = folder.resolve("result");
    Files.createSymbolicLink(link, Path.of("/nix/store/in-another-root"));
    Path bare = Path.of("").toAbsolutePath().relativize(link);

    assertEquals(link, Path.of(NixStore.absolute(bare.toString())).normalize());
    assertEquals("/nix/store/x", NixStore.absolute("/nix/store/x"));
    assertEquals("nixpkgs#hello", NixStore.absolute("nixpkgs#hello"));
  }

  @Test
  void onlyValidPathsAreReturned() throws IOException {
    NarFixture known = NarFixture.of("known", NarTree.mixed(1, 100), Compression.NONE);
    String unknown = "/nix/store/" + "0".repeat(32) + "-unknown";
    try (NixStore store = store(nix().add(known))) {
      String path = known.storePath().print();

      assertEquals(List.of(path), store.valid(List.of(unknown, path)));
    }
  }

  @Test
  void aReaderThatFailsIsNotTheFaultOfNix() throws IOException {
    NarFixture large = NarFixture.of("large", NarTree.mixed(2, NAR_BYTES), Compression.NONE);
    try (NixStore store = store(nix().add(large))) {
      PathInfo path = store.closure(List.of(large.storePath().print())).get(0);

      IOException failure =
          assertThrows(
              IOException.class,
              () ->
                  store.dump(
                      path,
                      nar -> {
                        throw new IOException("the reader");
                      }));
      assertEquals("the reader", failure.getMessage());
    }
  }

  @Test
  void anErrorOfNixIsShown() throws IOException {
    NarFixture gone = NarFixture.of("gone", NarTree.mixed(3, 100), Compression.NONE);
    FakeNix nix = nix().add(gone);
    Files.writeString(
        nix.folder().resolve("nix"), "#!/bin/sh\necho 'error: no store' >&2\nexit 1\n");
    try (NixStore store = store(nix)) {
      String failure =
          String.valueOf(
              assertThrows(
                      NixException.class, () -> store.closure(List.of(gone.storePath().print())))
                  .getMessage());
      assertEquals("error: no store", failure);
    }
    try (var left = Files.list(folder)) {
      assertTrue(left.noneMatch(file -> file.toString().endsWith(".txt")), "nothing is left");
    }
  }
}
