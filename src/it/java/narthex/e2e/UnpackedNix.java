package narthex.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Nix of another Debian suite with its dependencies, unpacked in {@code target/nix/<suite>} and
 * started by the loader of that suite. Downloaded once from the mirror that this machine's apt
 * uses; an existing folder is reused. The system property {@code it.nix.suite} names the suite; the
 * default is sid, or trixie if sid can't be downloaded.
 */
final class UnpackedNix {
  private static final Duration DEADLINE = Duration.ofMinutes(5);
  private static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

  private static final String NEWEST = "sid";
  private static final String BEFORE_IT = "trixie";

  private final Path root;
  private final Path libraries;

  private UnpackedNix(Path root) throws IOException {
    this.root = root;
    try (Stream<Path> folders = Files.list(root.resolve("usr/lib"))) {
      this.libraries =
          folders
              .filter(folder -> folder.getFileName().toString().endsWith("-linux-gnu"))
              .findFirst()
              .orElseThrow(() -> new IOException("no libraries in " + root));
    }
  }

  private static final class Shared {
    static final UnpackedNix INSTANCE = unpackFirst();
  }

  /** The newest suite may be inconsistent at times; then the previous one is used. */
  private static UnpackedNix unpackFirst() {
    String chosen = System.getProperty("it.nix.suite");
    if (chosen != null) {
      return unpack(chosen);
    }
    try {
      UnpackedNix newest = unpack(NEWEST);
      run(newest.root, newest.command("nix"), "--version");
      return newest;
    } catch (AssertionError unusable) {
      System.getLogger(UnpackedNix.class.getName())
          .log(System.Logger.Level.WARNING, "falling back to Nix of " + BEFORE_IT, unusable);
      return unpack(BEFORE_IT);
    }
  }

  /** The instance shared by all tests of this JVM, created by the first call. */
  static UnpackedNix shared() {
    return Shared.INSTANCE;
  }

  /** The command that starts this program. */
  List<String> command(String program) {
    Path loader;
    try (Stream<Path> files = Files.list(libraries)) {
      loader =
          files
              .filter(file -> file.getFileName().toString().startsWith("ld-linux-"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no loader in " + libraries));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String path =
        String.join(
            ":",
            libraries.toString(),
            root.resolve("lib").resolve(libraries.getFileName()).toString(),
            root.resolve("usr/lib/nix").toString());
    return List.of(
        loader.toString(), "--library-path", path, root.resolve("usr/bin/" + program).toString());
  }

  private static UnpackedNix unpack(String suite) {
    Path folder = Path.of("target", "nix", suite).toAbsolutePath();
    Path root = folder.resolve("root");
    try {
      Files.createDirectories(folder);
      // Tests may run in several JVMs at the same time.
      try (FileChannel lock =
              FileChannel.open(
                  folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = lock.lock()) {
        if (!Files.isDirectory(root)) {
          fetch(suite, folder, root);
        }
      }
      return new UnpackedNix(root);
    } catch (IOException | AssertionError e) {
      throw new AssertionError(
          "Nix of Debian " + suite + " cannot be had; the tests of a newer client need it", e);
    }
  }

  private static void fetch(String suite, Path folder, Path root) throws IOException {
    Path apt = Files.createTempDirectory(folder, "apt");
    Path half = Files.createTempDirectory(folder, "unpacking");
    download(suite, apt);
    unpackAll(apt.resolve("var/cache/apt/archives"), half);
    Files.move(half, root, StandardCopyOption.ATOMIC_MOVE);
    Folders.delete(apt);
  }

  private static void download(String suite, Path apt) throws IOException {
    Path status = apt.resolve("var/lib/dpkg/status");
    for (String needed :
        List.of(
            "var/lib/dpkg",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "etc/apt/preferences.d",
            "etc/apt/apt.conf.d",
            "etc/apt/trusted.gpg.d")) {
      Files.createDirectories(apt.resolve(needed));
    }
    Files.createFile(status);
    Files.writeString(
        apt.resolve("etc/apt/sources.list"),
        "deb [signed-by=%s] %s %s main%n".formatted(KEYRING, ownMirror(), suite));
    List<String> aptGet =
        List.of(
            "apt-get",
            "-q",
            "-y",
            "-o",
            "Dir=" + apt,
            "-o",
            "Dir::State::status=" + status,
            "-o",
            "APT::Sandbox::User=root",
            "-o",
            "Acquire::Languages=none",
            "-o",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false");
    run(apt, aptGet, "update");
    run(apt, aptGet, "-d", "--no-install-recommends", "install", "nix-bin");
  }

  private static void unpackAll(Path archives, Path into) throws IOException {
    List<Path> packages;
    try (Stream<Path> files = Files.list(archives)) {
      packages = files.filter(file -> file.toString().endsWith(".deb")).toList();
    }
    for (Path file : packages) {
      run(into, List.of("dpkg", "-x"), file.toString(), into.toString());
    }
  }

  /** The first URI in this machine's apt sources, in either format. */
  private static String ownMirror() throws IOException {
    Path etc = Path.of("/etc/apt");
    List<Path> files = new ArrayList<>(List.of(etc.resolve("sources.list")));
    try (Stream<Path> more = Files.list(etc.resolve("sources.list.d"))) {
      more.sorted().forEach(files::add);
    }
    for (Path file : files) {
      List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
      for (String line : lines) {
        boolean names = line.startsWith("URIs:") || line.startsWith("deb ");
        for (String word : names ? line.split("\\s+") : new String[0]) {
          if (word.startsWith("http://") || word.startsWith("https://")) {
            return word;
          }
        }
      }
    }
    throw new IOException("no mirror is named in " + files);
  }

  private static void run(Path directory, List<String> words, String... more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    new Command(all, Map.copyOf(System.getenv()), directory).run(DEADLINE).expectSuccess();
  }
}
