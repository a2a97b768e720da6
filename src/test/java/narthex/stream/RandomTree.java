package narthex.stream;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.NarText;
import narthex.testing.NarTree;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/** A random tree, to compare with the calls of {@link NarReader}. */
sealed interface RandomTree {
  /** The tree as a NAR. */
  NarTree narTree();

  /** Appends the expected calls of a visitor, one line for each. */
  void tell(String name, List<String> lines);

  /** A regular file. */
  record File(boolean executable, byte[] contents) implements RandomTree {
    @Override
    public NarTree narTree() {
      return executable ? NarTree.executable(contents) : NarTree.file(contents);
    }

    @Override
    public void tell(String name, List<String> lines) {
      lines.add(line(name, executable, contents));
    }

    static String line(String name, boolean executable, byte[] contents) {
      return "%s %s %s"
          .formatted(executable ? "x" : "f", name, Base64.getEncoder().encodeToString(contents));
    }
  }

  /** A symbolic link. */
  record Link(String target) implements RandomTree {
    @Override
    public NarTree narTree() {
      return NarTree.symlink(target);
    }

    @Override
    public void tell(String name, List<String> lines) {
      lines.add("l " + name + " " + target);
    }
  }

  /** A directory. */
  record Directory(Map<String, RandomTree> entries) implements RandomTree {
    @Override
    public NarTree narTree() {
      Map<String, NarTree> trees = new LinkedHashMap<>();
      entries.forEach((name, tree) -> trees.put(name, tree.narTree()));
      return NarTree.directory(trees);
    }

    @Override
    public void tell(String name, List<String> lines) {
      lines.add("d " + name);
      Map<String, RandomTree> sorted = new TreeMap<>(NarText.ORDER);
      sorted.putAll(entries);
      sorted.forEach((child, tree) -> tree.tell(child, lines));
      lines.add("end");
    }
  }

  /** Trees of a few levels with names and targets of all kinds. */
  static Arbitrary<RandomTree> trees() {
    return trees(3);
  }

  private static Arbitrary<RandomTree> trees(int depth) {
    Arbitrary<RandomTree> files =
        Arbitraries.bytes()
            .array(byte[].class)
            .ofMaxSize(40)
            .map(contents -> new File(contents.length % 3 == 0, contents));
    Arbitrary<RandomTree> links = texts(300).map(Link::new);
    if (depth == 0) {
      return Arbitraries.oneOf(files, links);
    }
    Arbitrary<RandomTree> directories =
        Arbitraries.lazy(
            () -> Arbitraries.maps(names(), trees(depth - 1)).ofMaxSize(4).map(Directory::new));
    return Arbitraries.frequencyOf(
        Tuple.of(1, files), Tuple.of(1, links), Tuple.of(3, directories));
  }

  private static Arbitrary<String> names() {
    return texts(60)
        .map(text -> text.replace('/', '_'))
        .filter(name -> !name.equals(".") && !name.equals(".."));
  }

  private static Arbitrary<String> texts(int maxLength) {
    return Arbitraries.strings()
        .ofMinLength(1)
        .ofMaxLength(maxLength)
        .map(
            text ->
                new String(
                    text.replace('\0', '0').getBytes(StandardCharsets.UTF_8),
                    StandardCharsets.UTF_8));
  }
}
