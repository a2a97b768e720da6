package narthex.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import narthex.testing.NarFixture;

/**
 * Programs with the names of Nix's, which know some paths. Their folder stands for the store: it
 * has a NAR for each path.
 */
final class FakeNix {
  private final Path folder;
  private final Map<NarFixture, List<String>> paths = new LinkedHashMap<>();

  private FakeNix(Path folder) {
    this.folder = folder;
  }

  static FakeNix in(Path folder) throws IOException {
    Files.createDirectories(folder);
    FakeNix nix = new FakeNix(folder);
    nix.program(
        "nix",
        """
        #!/bin/sh
        echo "$@" >> "$(dirname "$0")/calls"
        for last; do :; done
        case "$3" in
          path-info) cat "$(dirname "$0")/path-info" ;;
          store) cat "$(dirname "$0")/$(basename "$last").nar" ;;
        esac
        """);
    nix.program(
        "nix-store",
        """
        #!/bin/sh
        for path; do
          case "$path" in
            --*) ;;
            *) [ -e "$(dirname "$0")/$(basename "$path").nar" ] || echo "$path" ;;
          esac
        done
        """);
    return nix;
  }

  private void program(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("not executable: " + file);
    }
  }

  /** Adds a path with references. Nix names it and all before in its next answer. */
  FakeNix add(NarFixture fixture, NarFixture... references) throws IOException {
    List<String> names = new ArrayList<>();
    for (NarFixture reference : references) {
      names.add(reference.storePath().print());
    }
    paths.put(fixture, names);
    writePathInfo();
    Files.write(nar(fixture), fixture.nar());
    return this;
  }

  /** The file with the NAR of a path. */
  Path nar(NarFixture fixture) {
    return folder.resolve(fixture.storePath().baseName() + ".nar");
  }

  Path folder() {
    return folder;
  }

  /** How often a NAR was read. */
  long dumps() throws IOException {
    Path calls = folder.resolve("calls");
    return Files.readAllLines(calls).stream().filter(line -> line.contains("dump-path")).count();
  }

  private void writePathInfo() throws IOException {
    String all =
        paths.entrySet().stream()
            .map(path -> json(path.getKey(), path.getValue()))
            .collect(Collectors.joining(",", "[", "]"));
    Files.writeString(folder.resolve("path-info"), all);
  }

  private static String json(NarFixture fixture, List<String> references) {
    String refs =
        references.stream().map(name -> '"' + name + '"').collect(Collectors.joining(","));
    return "{\"path\":\"%s\",\"narHash\":\"sha256:%s\",\"narSize\":%s,\"references\":[%s]}"
        .formatted(
            fixture.storePath().print(),
            fixture.id().hash().nix32(),
            fixture.id().sizeBytes(),
            refs);
  }
}
