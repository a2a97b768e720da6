package narthex.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import narthex.nix.Sha256;
import narthex.testing.OtherJvm;

/**
 * A simulated machine with one release of Nix and an empty store: no daemon, no network except what
 * a test names, no environment variables of this process. Closing it deletes its store.
 */
final class NixClient implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final NixRelease release;
  private final Path machine;

  private NixClient(NixRelease release, Path machine) {
    this.release = release;
    this.machine = machine;
  }

  /** A machine that trusts signatures by these public keys. */
  static NixClient trusting(NixRelease release, String... publicKeys) {
    try {
      Path machine = Folders.create("machine");
      for (String folder : List.of("conf", "home", "nix/store")) {
        Files.createDirectories(machine.resolve(folder));
      }
      Path hook = machine.resolve("conf/hook");
      Files.writeString(hook, "#!/bin/sh\necho '# decline-permanently' >&2\n");
      hook.toFile().setExecutable(true);
      Files.writeString(
          machine.resolve("conf/nix.conf"),
          """
          experimental-features = nix-command
          sandbox = false
          sandbox-paths = /bin /usr /lib /lib64
          build-users-group =
          substituters =
          require-sigs = true
          trusted-public-keys = %s
          """
              .formatted(String.join(" ", publicKeys)));
      return new NixClient(release, machine);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code nix copy --from}. */
  Command.Outcome copyFrom(String url, String... paths) {
    return nix(words(List.of("copy", "--from", url), paths));
  }

  /** {@code nix copy --to}. */
  Command.Outcome copyTo(String url, Collection<String> paths) {
    return nix(words(List.of("copy", "--to", url), paths.toArray(new String[0])));
  }

  /** Starts {@code nix copy --to} of one closure without waiting. */
  Command.Running startCopyTo(String url, String root) {
    return command("nix", List.of("copy", "--to", url, root)).start();
  }

  /** Adds a line to its configuration; the last line for a setting counts. */
  NixClient set(String setting, String value) {
    try {
      Path conf = machine.resolve("conf/nix.conf");
      Files.writeString(conf, setting + " = " + value + "\n", StandardOpenOption.APPEND);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Builds the output {@code $out} by a shell script, which can only use commands built into the
   * shell.
   *
   * @return the unsigned store path
   */
  String build(String name, String script) {
    return buildWith(derivation(name, script, "")).expectSuccess().output().strip();
  }

  /** Builds a {@link #derivation} like {@link #build(String, String)}, with more options. */
  Command.Outcome buildWith(String derivation, String... options) {
    return run("nix-build", words(List.of("--no-out-link", "-E", derivation), options));
  }

  /** Adds the derivation to the store and returns its path. */
  String instantiate(String derivation) {
    return run("nix-instantiate", List.of("-E", derivation)).expectSuccess().output().strip();
  }

  /** A Nix expression of a derivation that builds {@code $out} by a shell script. */
  static String derivation(String name, String script, String moreAttributes) {
    return """
    derivation {
      name = "%s"; system = builtins.currentSystem; builder = "/bin/sh"; %s
      args = [ "-c" ''%s'' ];
    }
    """
        .formatted(name, moreAttributes, script);
  }

  /** A path of this store with everything it refers to. */
  Closure closure(String root) {
    String paths =
        run("nix-store", List.of("--query", "--requisites", root)).expectSuccess().output();
    return new Closure(root, root, narHashes(paths.strip().lines().toList()));
  }

  /** Creates a file with this text on this machine. */
  Path file(String name, String text) {
    try {
      return Files.writeString(machine.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code nix-store --realise} of one path with these substituters. */
  Command.Outcome realise(String path, String... substituters) {
    String all = String.join(" ", substituters);
    return run("nix-store", List.of("--realise", path, "--option", "substituters", all));
  }

  /** {@code java -jar narthex.war} with these arguments. */
  Command.Outcome narthex(String... arguments) {
    return startNarthex("/dev/null", arguments).await(DEADLINE);
  }

  /** Starts {@code java -jar narthex.war} with a file as its input, without waiting. */
  Command.Running startNarthex(String input, String... arguments) {
    List<String> words =
        List.of(
            "/bin/sh",
            "-c",
            "input=$1; shift; exec \"$@\" < \"$input\"",
            "sh",
            input,
            OtherJvm.java(),
            "-Djava.io.tmpdir=" + machine,
            "-jar",
            NarthexServer.war().toString());
    return new Command(words(words, arguments), environment(), machine).start();
  }

  /** {@code nix path-info --json} of a path in the store at this URL. */
  Command.Outcome pathInfo(String url, String path) {
    return nix(List.of("path-info", "--json", "--store", url, path));
  }

  /** {@code nix-store --verify --check-contents}: every file of the store against its NarHash. */
  Command.Outcome verifyContents() {
    return run("nix-store", List.of("--verify", "--check-contents"));
  }

  /** The NarHash of each of these paths in this machine's store. */
  Map<String, Sha256> narHashes(Collection<String> paths) {
    List<String> inOrder = List.copyOf(paths);
    List<String> query = words(List.of("--query", "--hash"), inOrder.toArray(new String[0]));
    String[] hashes = run("nix-store", query).expectSuccess().output().strip().split("\n");
    Map<String, Sha256> byPath = new LinkedHashMap<>();
    for (int i = 0; i < inOrder.size(); i++) {
      byPath.put(inOrder.get(i), Sha256.parse(hashes[i]));
    }
    return byPath;
  }

  /**
   * Whether the path is valid in this machine's store. (Nix may leave files of a path behind whose
   * contents were wrong.)
   */
  boolean has(String path) {
    return run("nix-store", List.of("--check-validity", path)).succeeded();
  }

  /** The file or folder of a store path on the disk. */
  Path physical(String path) {
    return machine.resolve(path.substring(1));
  }

  /** Deletes the cache of narinfos, hits and misses, as if it had expired. */
  void forgetNarInfos() {
    try {
      Path remembered = machine.resolve("home/.cache");
      if (Files.exists(remembered)) {
        Folders.delete(remembered);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Deletes everything from the store, so that it can be substituted again; keeps the cache of
   * narinfos.
   */
  void emptyStore() {
    run("nix-store", List.of("--gc")).expectSuccess();
  }

  /** Runs {@code nix} with these arguments. */
  Command.Outcome nix(List<String> arguments) {
    return run("nix", arguments);
  }

  /** Runs a program of the release with these arguments. */
  Command.Outcome run(String program, List<String> arguments) {
    return run(program, arguments, DEADLINE);
  }

  /** Runs a program of the release with these arguments and this deadline. */
  Command.Outcome run(String program, List<String> arguments, Duration deadline) {
    return command(program, arguments).run(deadline);
  }

  @Override
  public void close() {
    try {
      Folders.delete(machine);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Command command(String program, List<String> arguments) {
    List<String> words = new ArrayList<>(release.command(program));
    words.addAll(arguments);
    return new Command(words, environment(), machine);
  }

  private Map<String, String> environment() {
    return Map.of(
        "PATH",
        "/usr/bin:/bin",
        "HOME",
        machine.resolve("home").toString(),
        "XDG_CACHE_HOME",
        machine.resolve("home/.cache").toString(),
        "NIX_REMOTE",
        "local?root=" + machine,
        "NIX_CONF_DIR",
        machine.resolve("conf").toString(),
        "NIX_CONFIG",
        "build-hook = " + machine.resolve("conf/hook"));
  }

  private static List<String> words(List<String> start, String... more) {
    List<String> all = new ArrayList<>(start);
    all.addAll(Arrays.asList(more));
    return all;
  }
}
