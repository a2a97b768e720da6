package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewPathsTest {
  private static final Duration QUIET = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path store;

  private static String name(int number) {
    return String.format(Locale.ROOT, "%032d-x", number);
  }

  private void create(String name) throws IOException {
    Files.createFile(store.resolve(name));
  }

  private static Set<String> take(NewPaths paths, int count) throws Exception {
    Set<String> all = new TreeSet<>();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (all.size() < count && System.nanoTime() < end) {
      all.addAll(paths.take(PATIENCE));
    }
    return all;
  }

  @Test
  void onlyWhatAppearsIsReported() throws Exception {
    create(name(1));
    try (NewPaths paths = new NewPaths(store, QUIET, NEVER)) {
      create(name(2));
      create(name(3) + ".drv");
      create("not-a-path");
      create(".links");
      create(name(4));

      assertEquals(Set.of(name(2), name(4)), take(paths, 2));
    }
  }

  @Test
  void aPathIsReportedAgainWhenItsLockGoes() throws Exception {
    try (NewPaths paths = new NewPaths(store, QUIET, NEVER)) {
      create(name(1) + ".lock");
      assertEquals(Set.of(name(1)), take(paths, 1));
      Files.delete(store.resolve(name(1) + ".lock"));
      assertEquals(Set.of(name(1)), take(paths, 1));
    }
  }

  @Test
  void theFolderIsListedNowAndThen() throws Exception {
    create(name(1));
    try (NewPaths paths = new NewPaths(store, QUIET, Duration.ZERO)) {
      assertEquals(List.of(), paths.take(QUIET));
      create(name(2));
      assertEquals(Set.of(name(2)), take(paths, 1));
      assertEquals(List.of(), paths.take(QUIET));
    }
  }

  @Test
  void whatAppearedBeforeTheEndIsStillReported() throws Exception {
    try (NewPaths paths = new NewPaths(store, QUIET, NEVER)) {
      create(name(1));
      paths.close();

      assertEquals(List.of(name(1)), paths.take(PATIENCE));
      assertEquals(List.of(), paths.take(PATIENCE));
    }
  }
}
