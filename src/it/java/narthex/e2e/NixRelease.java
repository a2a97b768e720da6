package narthex.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The releases of Nix whose clients the tests run. */
enum NixRelease {
  /** The release installed on this machine ({@code nix-bin} of Debian 12 is Nix 2.8). */
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
  /** The release of a newer Debian suite, unpacked but not installed. */
  NEW {
    @Override
    List<String> command(String program) {
      return UnpackedNix.shared().command(program);
    }
  };

  /** The command that starts this program ({@code nix}, {@code nix-store}) of the release. */
  abstract List<String> command(String program);
}
