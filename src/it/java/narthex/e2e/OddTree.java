package narthex.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.TreeMap;
import narthex.testing.NarTree;

/** A tree with everything that a store path may contain and implementations easily get wrong. */
final class OddTree {
  private static final int MAX_NAME_BYTES = 255;

  private OddTree() {}

  static NarTree tree() {
    Map<String, NarTree> entries = new TreeMap<>();
    entries.put("empty-file", NarTree.file(""));
    entries.put("empty-folder", NarTree.directory(Map.of()));
    entries.put("run", NarTree.executable("#!/bin/sh\nexit 0\n".getBytes(UTF_8)));
    entries.put("empty-executable", NarTree.executable(new byte[0]));
    entries.put("to-run", NarTree.symlink("run"));
    entries.put("dangling", NarTree.symlink("/nowhere/at all"));
    entries.put("upwards", NarTree.symlink("../../../../etc/passwd"));
    entries.put("to-itself", NarTree.symlink("to-itself"));
    entries.put("names", names());
    entries.put("deep", deep(40));
    for (int size : new int[] {1, 7, 8, 9, 4095, 4096, 4097}) {
      entries.put("size-" + size, NarTree.random(size, size));
    }
    return NarTree.directory(entries);
  }

  private static NarTree names() {
    Map<String, NarTree> entries = new TreeMap<>();
    for (String name :
        new String[] {
          " ",
          "with space",
          " leading and trailing ",
          "a?b=c&d#e",
          "a+b%2Bc%",
          "!bang",
          ".hidden",
          "...",
          "-dash",
          "~tilde~",
          "quote'\"`",
          "back\\slash",
          "line\nbreak",
          "tab\there",
          "star*[x]{y}",
          "$HOME",
          "grüße",
          "日本語",
          "\uD83D\uDE00",
          "e\u0301 decomposed",
          "\u00e9 composed",
          "A",
          "a",
          "x".repeat(MAX_NAME_BYTES)
        }) {
      entries.put(name, NarTree.file(name));
    }
    return NarTree.directory(entries);
  }

  private static NarTree deep(int levels) {
    return levels == 0 ? NarTree.file("bottom") : NarTree.directory(Map.of("d", deep(levels - 1)));
  }
}
