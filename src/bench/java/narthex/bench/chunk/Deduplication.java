package narthex.bench.chunk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.nix.Compression;

/** Compares the storage that two near-identical trees take as chunks and as whole files. */
final class Deduplication {
  private Deduplication() {}

  static void print(TreeNar tree, Path folder) throws IOException {
    Sample first = Sample.plain(folder.resolve("first.nar"), it -> tree.write(Build.FIRST, it));
    Sample second = Sample.plain(folder.resolve("second.nar"), it -> tree.write(Build.SECOND, it));
    System.out.printf("%nTwo near-identical trees of %d files, bytes stored%n", tree.count());
    row("", "first", "second", "both", "part of plain");
    long plain = first.narBytes() + second.narBytes();
    row("plain", first.narBytes(), second.narBytes(), plain);
    for (Compression whole : new Compression[] {Compression.XZ, Compression.ZSTD}) {
      long one = first.compressed(whole).fileBytes();
      long other = second.compressed(whole).fileBytes();
      row("whole " + whole.nixName(), one, other, plain);
    }
    try (EagerStore store = new EagerStore(folder.resolve("store"))) {
      store.store(first);
      long one = store.storedBytes();
      long rows = store.databaseBytes();
      store.store(second);
      row("chunks", one, store.storedBytes() - one, plain);
      row("database beside them", rows, store.databaseBytes() - rows, plain);
    }
  }

  private static void row(String name, long first, long second, long plain) {
    row(
        name,
        Long.toString(first),
        Long.toString(second),
        Long.toString(first + second),
        String.format(Locale.ROOT, "%.3f", (double) (first + second) / plain));
  }

  private static void row(String name, String first, String second, String both, String part) {
    System.out.printf("| %-22s | %12s | %12s | %12s | %13s |%n", name, first, second, both, part);
  }
}
