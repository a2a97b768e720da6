package narthex.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A release of Nix whose clients the tests run. */
enum NixRelease {
  /** The one installed on this machine ({@code nix-bin} of Debian 12 is Nix 2.8). */
  OLD {
    @Override
    List<String> command(String program) {
      Path file = Path.of("/usr/bin", program);
      if (!Files.isExecutable(file)) {
        throw new AssertionError(
            "the end-to-end tests need Nix: " + file + " is missing; apt-get install nix-bin");
      }
      return List.of(file.toString());
    }
  },
  /** The one of a newer Debian suite, unpacked beside the system without installing it. */
  NEW {
    @Override
    List<String> command(String program) {
      return UnpackedNix.shared().command(program);
    }
  };

  /** The words that start this program ({@code nix}, {@code nix-store}) of the release. */
  abstract List<String> command(String program);
}
