package narthex.standalone;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A Nix store, read by the programs of Nix, 2.4 or later. Closing it ends the programs that still
 * run. Thread-safe.
 */
final class NixStore implements AutoCloseable {
  /** Paths of one command: far below the limit of a command line. */
  private static final int PATHS_AT_ONCE = 500;

  private final List<String> nix;
  private final String checker;
  private final List<String> where;
  private final Path folder;
  private final Set<Process> running = ConcurrentHashMap.newKeySet();

  /**
   * @param programs the folder of Nix's programs; null for those in PATH
   * @param uri the store, for Nix's option {@code --store}; null for the usual one
   * @param folder for temporary files
   */
  NixStore(@Nullable Path programs, @Nullable String uri, Path folder) {
    this.nix = List.of(program(programs, "nix"), "--extra-experimental-features", "nix-command");
    this.where = uri == null ? List.of() : List.of("--store", uri);
    this.folder = folder;
    this.checker = program(programs, "nix-store");
  }

  private static String program(@Nullable Path programs, String name) {
    return programs == null ? name : programs.resolve(name).toString();
  }

  /**
   * Reads the closure of some paths, references before the paths that refer to them.
   *
   * @param paths store paths, or links to them
   * @throws IOException if one isn't valid, or Nix fails
   */
  List<PathInfo> closure(Collection<String> paths) throws IOException {
    Map<String, PathInfo> all = new LinkedHashMap<>();
    for (List<String> some : batches(paths.stream().map(NixStore::absolute).toList())) {
      List<String> words = words("path-info", "--json", "--recursive");
      words.add("--");
      words.addAll(some);
      for (PathInfo info : read(words, PathInfoReader::read)) {
        all.putIfAbsent(info.baseName(), info);
      }
    }
    return sorted(all);
  }

  /** Returns those of some store paths that are valid. */
  List<String> valid(Collection<String> paths) throws IOException {
    List<String> valid = new ArrayList<>();
    for (List<String> some : batches(List.copyOf(paths))) {
      List<String> words = new ArrayList<>(List.of(checker));
      words.addAll(where);
      words.addAll(List.of("--check-validity", "--print-invalid"));
      words.addAll(some);
      Set<String> invalid = Set.copyOf(read(words, NixStore::lines));
      some.stream().filter(path -> !invalid.contains(path)).forEach(valid::add);
    }
    return valid;
  }

  /** Reads the output of a program. */
  interface Reader<T> {
    T read(InputStream output) throws IOException;
  }

  /**
   * Reads the NAR of a path, which Nix writes while it is read.
   *
   * @throws IOException if the reader fails, or Nix does
   */
  <T> T dump(PathInfo path, Reader<T> reader) throws IOException {
    List<String> words = words("store", "dump-path");
    words.addAll(List.of("--", path.path()));
    return read(words, reader);
  }

  @Override
  public void close() {
    running.forEach(Process::destroyForcibly);
  }

  private List<String> words(String... command) {
    List<String> words = new ArrayList<>(nix);
    words.addAll(List.of(command));
    words.addAll(where);
    return words;
  }

  private <T> T read(List<String> words, Reader<T> reader) throws IOException {
    Path errors = Files.createTempFile(folder, "nix", ".txt");
    Process process = start(words, errors);
    running.add(process);
    try {
      process.getOutputStream().close();
      Ending output = new Ending(process.getInputStream());
      try {
        T result = reader.read(output);
        output.close();
        requireSuccess(process.waitFor(), words, errors);
        return result;
      } catch (IOException e) {
        if (output.hasEnded) {
          requireSuccess(process.waitFor(), words, errors); // then it is the fault of Nix
        }
        throw e;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
      running.remove(process);
      Files.deleteIfExists(errors);
    }
  }

  private static void requireSuccess(int status, List<String> words, Path errors)
      throws IOException {
    if (status != 0) {
      throw new NixException(errorLine(errors, words.get(0) + " ended with status " + status));
    }
  }

  /** Notes whether all was read. */
  private static final class Ending extends FilterInputStream {
    private volatile boolean hasEnded;

    Ending(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int read = in.read();
      hasEnded |= read < 0;
      return read;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = in.read(buffer, offset, length);
      hasEnded |= read < 0;
      return read;
    }
  }

  private static Process start(List<String> words, Path errors) throws IOException {
    try {
      return new ProcessBuilder(words).redirectError(errors.toFile()).start();
    } catch (IOException e) {
      throw new NixException("cannot run " + words.get(0) + "; is Nix installed, and in PATH?");
    }
  }

  private static String errorLine(Path errors, String otherwise) throws IOException {
    return new String(Files.readAllBytes(errors), StandardCharsets.UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("error:"))
        .findFirst()
        .orElse(otherwise);
  }

  private static List<String> lines(InputStream output) throws IOException {
    return new String(output.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
  }

  /**
   * Nix takes a bare name for a flake. In a store with another root, links seem to lead nowhere.
   */
  static String absolute(String path) {
    Path file = Path.of(path);
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? file.toAbsolutePath().toString() : path;
  }

  private static List<List<String>> batches(List<String> all) {
    List<List<String>> batches = new ArrayList<>();
    for (int from = 0; from < all.size(); from += PATHS_AT_ONCE) {
      batches.add(all.subList(from, Math.min(all.size(), from + PATHS_AT_ONCE)));
    }
    return batches;
  }

  /** Sorts a closure: references first. Without recursion, as chains can be long. */
  static List<PathInfo> sorted(Map<String, PathInfo> all) {
    Map<String, PathInfo> done = new LinkedHashMap<>();
    for (PathInfo root : all.values()) {
      List<PathInfo> stack = new ArrayList<>(List.of(root));
      Set<String> open = new HashSet<>();
      while (!stack.isEmpty()) {
        PathInfo top = stack.get(stack.size() - 1);
        int before = stack.size();
        if (open.add(top.baseName())) {
          top.references().stream()
              .filter(name -> !done.containsKey(name) && !open.contains(name))
              .map(all::get)
              .filter(info -> info != null)
              .forEach(stack::add);
        }
        if (stack.size() == before) {
          stack.remove(before - 1);
          done.putIfAbsent(top.baseName(), top);
        }
      }
    }
    return List.copyOf(done.values());
  }
}
