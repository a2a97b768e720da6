package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import narthex.blob.BlobStore;
import narthex.maintain.Fsck;
import narthex.maintain.FsckResult;
import narthex.maintain.Progress;
import narthex.maintain.WholeCollection.Counted;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import narthex.testing.FileTrees;
import narthex.testing.node.Node;

/**
 * Checks the rows and blobs that a server has left, however it ended. The server must not run. What
 * it left is opened as it would be after a restart, without upstreams.
 */
public final class StoppedStore {
  /** Longer than all graces. */
  private static final Duration LONG = Duration.ofDays(30);

  /** A round may end what an earlier one began, and a replica is found silent in the one after. */
  private static final int ROUNDS = 3;

  private static final Counted NOTHING = new Counted(0, 0, 0, 0, 0, 0, 0, true);

  private final Path folder;
  private final Settings settings;
  private volatile Instant now = Instant.now();

  private StoppedStore(Path folder, Settings settings) {
    this.folder = folder;
    this.settings = settings;
  }

  /**
   * Asserts that a deep check finds nothing wrong. Changes nothing.
   *
   * @param settings those of the server; they name its data folder
   */
  public static void assertRight(Map<String, String> settings) throws IOException {
    open(settings, (store, node) -> store.assertNothingWrong(node));
  }

  /**
   * Collects all that nothing refers to, as if all graces were over, and asserts that a deep check
   * finds nothing wrong, and that nothing unreferenced is left.
   *
   * @param settings those of the server; they name its data folder
   */
  public static void assertSound(Map<String, String> settings) throws IOException {
    open(settings, StoppedStore::assertSound);
  }

  /**
   * The same for a server that has only this setting.
   *
   * @param data its data folder
   */
  public static void assertSound(Path data) throws IOException {
    assertSound(Map.of("narthex.data-dir", data.toString()));
  }

  private interface Check {
    void run(StoppedStore store, Node node) throws IOException;
  }

  private static void open(Map<String, String> named, Check check) throws IOException {
    Path folder = Files.createTempDirectory("stopped");
    try {
      Settings settings =
          Settings.read(
              new SettingsSources(
                  named, Map.of(), folder, folder.resolve("etc"), "stopped", ContextSources.ROOT));
      StoppedStore store = new StoppedStore(folder, settings);
      if (store.hasDatabase()) {
        store.run(check);
      }
    } finally {
      FileTrees.delete(folder);
    }
  }

  /** False if the server never came so far. */
  private boolean hasDatabase() {
    String file = "jdbc:sqlite:";
    String url = String.valueOf(settings.database().url());
    return !url.startsWith(file) || Files.exists(Path.of(url.substring(file.length())));
  }

  private void run(Check check) throws IOException {
    ExecutorService transfers = ThreadPools.unbounded("stopped-blobs");
    Node.Options options =
        Node.Options.usual()
            .withClock(() -> now)
            .withDatabase(Policies.database(settings.database()))
            .withBlobs(replaced -> blobs(replaced, transfers));
    try (Node node = Node.open(folder, options)) {
      check.run(this, node);
    } finally {
      ThreadPools.stop(transfers);
    }
  }

  private BlobStore blobs(BlobStore replaced, ExecutorService transfers) {
    try {
      replaced.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return BlobStores.open(settings.storage(), transfers);
  }

  private void assertSound(Node node) throws IOException {
    for (int round = 0; round < ROUNDS; round++) {
      now = now.plus(LONG);
      node.chores().sweep();
      node.chores().collect();
    }
    node.chores().collectUnnamed();
    assertNothingWrong(node);
    assertEquals(NOTHING, node.chores().countUnused(), "left over");
  }

  private void assertNothingWrong(Node node) throws IOException {
    List<String> told = new ArrayList<>();
    FsckResult result =
        node.chores()
            .fsck()
            .run(
                new Fsck.Options(Fsck.Depth.DEEP, Fsck.Repair.NOTHING, Fsck.Start.ANEW, 0),
                telling(told));
    assertEquals(List.of(), told, () -> "found in the data of the server: " + result);
  }

  private static Progress telling(List<String> told) {
    return new Progress() {
      @Override
      public void at(String step, long done, long total) {
        // only what is found matters
      }

      @Override
      public void tell(String line) {
        told.add(line);
      }

      @Override
      public boolean isStopped() {
        return false;
      }
    };
  }
}
