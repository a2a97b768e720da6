package narthex.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.Compression;
import narthex.nix.SecretKey;
import narthex.nix.Sha256;
import narthex.testing.NarTree;

/**
 * The closures that the tests substitute, signed, in a store of Nix 2.8 and as static binary caches
 * written by it. Created once per JVM, each part when it is first needed. Thread-safe.
 */
final class NixContent {
  private static final long BIG_FILE_BYTES = 100L << 20;
  private static final int CHAIN_LENGTH = 12;
  private static final int MANY_FILES = 5000;
  private static final int MANY_PATHS = 301;
  private static final int SYSTEM_PATHS = 500;

  private static final class Shared {
    static final NixContent INSTANCE = new NixContent();
  }

  private final SecretKey key = SecretKey.generate("upstream-1", new SecureRandom());
  private final Path folder;
  private final RawStore raw;
  private final NixClient store;
  private final Map<String, Closure> closures = new TreeMap<>(); // guarded by this
  private final Map<String, Path> caches = new TreeMap<>(); // guarded by this

  private NixContent() {
    try {
      this.folder = Folders.create("content");
      this.raw = new RawStore(folder.resolve("raw"), key);
      this.store = NixClient.trusting(NixRelease.OLD, publicKey());
      Runtime.getRuntime().addShutdownHook(new Thread(this::delete));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The content shared by all tests of this JVM. */
  static NixContent shared() {
    return Shared.INSTANCE;
  }

  /** The public key of all signatures. */
  String publicKey() {
    return key.publicKey().print();
  }

  /** A chain: each path refers to the previous one and to itself. */
  synchronized Closure chain() {
    return closure(
        "chain",
        paths -> {
          String before = "";
          for (int i = 0; i < CHAIN_LENGTH; i++) {
            String path = RawStore.path("chain-" + i);
            List<String> references = i == 0 ? List.of(path) : List.of(before, path);
            add(paths, path, NarTree.file("I am " + references), references);
            before = path;
          }
        });
  }

  /** A path that refers to another one in two ways. */
  synchronized Closure diamond() {
    return closure(
        "diamond",
        paths -> {
          String bottom = RawStore.path("diamond-bottom");
          String left = RawStore.path("diamond-left");
          String right = RawStore.path("diamond-right");
          add(paths, bottom, NarTree.random(1, 300_000), List.of());
          add(paths, left, NarTree.random(2, 200_000), List.of(bottom));
          add(paths, right, NarTree.symlink(bottom), List.of(bottom));
          add(paths, RawStore.path("diamond-top"), NarTree.random(3, 9), List.of(left, right));
        });
  }

  /** One path with executable files, symbolic links, odd names, empty files and folders. */
  synchronized Closure oddities() {
    return closure(
        "oddities",
        paths -> add(paths, RawStore.path("odd+name_1.0?x=y"), OddTree.tree(), List.of()));
  }

  /** One path with thousands of small files. */
  synchronized Closure manyFiles() {
    return closure(
        "many-files",
        paths -> {
          Map<String, NarTree> folders = new TreeMap<>();
          for (int i = 0; i < MANY_FILES; i += 100) {
            Map<String, NarTree> files = new TreeMap<>();
            for (int j = i; j < i + 100; j++) {
              files.put("file-" + j, NarTree.random(j, j % 700));
            }
            folders.put("folder-" + i / 100, NarTree.directory(files));
          }
          add(paths, RawStore.path("many-files"), NarTree.directory(folders), List.of());
        });
  }

  /** Hundreds of small paths that one path refers to. */
  synchronized Closure manyPaths() {
    return smallPaths("many-paths", MANY_PATHS);
  }

  /** 500 small paths, as many as a small system has. */
  synchronized Closure system() {
    return smallPaths("system", SYSTEM_PATHS);
  }

  /** A path that refers to all others, which are small. */
  private Closure smallPaths(String name, int count) {
    return closure(
        name,
        paths -> {
          List<String> references = new ArrayList<>();
          for (int i = 0; i < count - 1; i++) {
            String path = RawStore.path("small-" + i);
            add(paths, path, NarTree.random(1000 + i, 2000), List.of());
            references.add(path);
          }
          add(paths, RawStore.path(name), NarTree.file("all"), references);
        });
  }

  /** A path of 300 MB. */
  synchronized Closure big() {
    return closure(
        "big",
        paths -> {
          Map<String, NarTree> files = new TreeMap<>();
          for (int i = 0; i < 3; i++) {
            files.put("file-" + i, NarTree.mixed(i, BIG_FILE_BYTES));
          }
          add(paths, RawStore.path("big"), NarTree.directory(files), List.of());
        });
  }

  /** A folder with a static binary cache of this closure, written by {@code nix copy}. */
  synchronized Path binaryCache(Closure closure, Compression compression) {
    return caches.computeIfAbsent(
        closure.name() + "-" + compression.nixName(),
        name -> {
          Path cache = folder.resolve(name);
          String level = compression == Compression.XZ ? "&compression-level=1" : "";
          String url = "file://" + cache + "?compression=" + compression.nixName() + level;
          store.copyTo(url, List.of(closure.root())).expectSuccess();
          return cache;
        });
  }

  @FunctionalInterface
  private interface Contents {
    void addTo(Map<String, Sha256> paths) throws IOException;
  }

  private Closure closure(String name, Contents contents) {
    Closure known = closures.get(name);
    if (known != null) {
      return known;
    }
    try {
      Map<String, Sha256> paths = new LinkedHashMap<>();
      contents.addTo(paths);
      String root = List.copyOf(paths.keySet()).get(paths.size() - 1);
      store.copyFrom("file://" + folder.resolve("raw"), root).expectSuccess();
      Closure closure = new Closure(name, root, paths);
      closures.put(name, closure);
      return closure;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(Map<String, Sha256> paths, String path, NarTree tree, List<String> references)
      throws IOException {
    paths.put(path, raw.add(path, tree, references));
  }

  private void delete() {
    store.close();
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
