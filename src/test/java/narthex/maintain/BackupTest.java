package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.PassingBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseCopy;
import narthex.db.Form;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
import narthex.store.StoredNars;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a store, and what is restored from them. */
class BackupTest extends MigrationFixture {
  private static final String KEY = "key-1:secret";

  @TempDir private Path folder;
  private Path backup;
  private Path key;
  private final List<NarFixture> fixtures = new ArrayList<>();

  @BeforeEach
  void store() throws IOException {
    backup = folder.resolve("backup");
    key = Files.writeString(folder.resolve("secret-key"), KEY);
    fixtures.add(put(1, CdcMode.OFF));
    fixtures.add(put(2, CdcMode.EAGER));
  }

  private BackupJob job(BlobStore source) {
    return new BackupJob(
        new BackupJob.Store(
            database, source, decoders, List.of(folder.resolve("data")), List.of(key)));
  }

  private JobResult save(BlobStore source, Progress progress, String... options)
      throws IOException {
    Map<String, String> said = new TreeMap<>(Map.of("to", backup.toString()));
    for (String option : options) {
      said.put(option, "true");
    }
    return job(source).prepare(new JobOptions(said)).run(progress);
  }

  private JobResult save() throws IOException {
    return save(blobs, Progress.SILENT);
  }

  /** Restores the backup and reads all these NARs. */
  private void assertRestored(List<NarFixture> expected) throws IOException {
    Path data = Files.createTempDirectory(folder, "restored");
    Path rows = data.resolve("narthex.db");
    Path restoredKey = data.resolve("secret-key");
    try (BlobStore restored = DirectoryBlobStore.open(data.resolve("blobs"))) {
      JobResult result =
          Restore.parse(backup.toString())
              .run(rows, List.of(restoredKey), restored, decoders, 0, Progress.SILENT);
      assertResult(Verdict.DONE, result, Map.of("lost", 0L, "damaged", 0L));
      try (Database copy = DatabaseCopy.open(rows)) {
        for (NarFixture fixture : expected) {
          assertRead(copy, restored, fixture);
        }
        assertTrue(new StoreOwner(copy, restored).isMarked());
      }
    }
  }

  private void assertRead(Database rows, BlobStore restored, NarFixture fixture)
      throws IOException {
    StoredNars nars = new StoredNars(restored, rows, () -> now, Duration.ofMinutes(1));
    List<Representation> forms = rows.findNar(fixture.id().hash()).orElseThrow().representations();
    assertFalse(forms.isEmpty());
    for (Representation form : forms) {
      boolean isWhole = form.form() == Form.WHOLE;
      try (InputStream in =
          isWhole ? nars.openWhole(form).open(0) : nars.openChunked(fixture.id(), form).open(0)) {
        assertArrayEquals(isWhole ? fixture.file() : fixture.nar(), in.readAllBytes());
      }
    }
  }

  @Test
  void aBackupHasRowsBlobsAndKeysAndIsRestored() throws IOException {
    JobResult result = save();

    assertResult(
        Verdict.DONE, result, Map.of("copied", (long) keys().size(), "lost", 0L, "keys", 1L));
    Path saved = backup.resolve("keys").resolve("0-secret-key");
    assertEquals(KEY, Files.readString(saved));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(saved)));
    assertRestored(fixtures);
  }

  @Test
  void theNextBackupCopiesWhatIsNewOnly() throws IOException {
    save();
    int before = keys().size();
    fixtures.add(put(3, CdcMode.EAGER));

    JobResult next = save();

    assertResult(
        Verdict.DONE,
        next,
        Map.of("copied", (long) keys().size() - before, "present", (long) before));
    assertRestored(fixtures);
  }

  @Test
  void keysAreLeftOutOnRequest() throws IOException {
    assertResult(Verdict.DONE, save(blobs, Progress.SILENT, "without-keys"), Map.of("keys", 0L));

    assertFalse(Files.exists(backup.resolve("keys")));
  }

  @Test
  void pruningDeletesWhatTheNewBackupDoesNotName() throws IOException {
    save();
    NarFixture gone = fixtures.remove(0);
    assertTrue(stored.deleteUnnamed(gone.id().hash(), now.plusSeconds(1)));
    collect();

    JobResult pruned = save(blobs, Progress.SILENT, "prune");

    assertResult(Verdict.DONE, pruned, Map.of("pruned", 1L, "copied", 0L));
    assertRestored(fixtures);
  }

  /** Between the two steps a NAR is stored, which is deleted before its blob is copied. */
  @Test
  void aBlobThatTheCopiedRowsNameStaysUntilItIsCopied() throws IOException {
    AtomicBoolean collected = new AtomicBoolean();
    Progress between =
        new Progress() {
          @Override
          public void at(String step, long done, long total) {
            if (step.equals("database")) {
              putOne();
            }
          }

          @Override
          public void tell(String line) {
            // nothing is told
          }

          @Override
          public boolean isStopped() {
            return false;
          }
        };
    BlobStore collecting =
        new PassingBlobStore(blobs) {
          @Override
          public InputStream open(String key, long from, long length) throws IOException {
            if (fixtures.size() == 3 && collected.compareAndSet(false, true)) {
              deleteAndCollect(key);
            }
            return super.open(key, from, length);
          }
        };

    JobResult result = save(collecting, between);

    assertTrue(collected.get(), "nothing was deleted meanwhile");
    assertResult(Verdict.DONE, result, Map.of("lost", 0L));
    assertRestored(fixtures);
    int before = keys().size();
    chores(new DeleteGarbage(database, blobs, () -> now)).wake();
    assertEquals(before - 1, keys().size(), "deleted once the backup is done");
  }

  private void putOne() {
    try {
      fixtures.add(put(3, CdcMode.OFF));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void deleteAndCollect(String blob) throws IOException {
    assertTrue(stored.deleteUnnamed(fixtures.get(2).id().hash(), now.plusSeconds(1)));
    pass(GarbageTable.GRACE);
    DeleteGarbage deletion = new DeleteGarbage(database, blobs, () -> now);
    assertFalse(deletion.run(blob));
    chores(deletion).wake();
    assertTrue(keys().contains(blob));
  }

  @Test
  void aBackupBesideUploadsAndCollectionIsWholeAtOneMoment() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      Future<?> uploads =
          other.submit(
              () -> {
                for (int i = 10; i < 40; i++) {
                  NarFixture fixture = put(i, i % 2 == 0 ? CdcMode.OFF : CdcMode.EAGER);
                  if (i % 3 == 0) {
                    stored.deleteUnnamed(fixture.id().hash(), now.plusSeconds(1));
                    chores(new DeleteGarbage(database, blobs, () -> now.plus(GarbageTable.GRACE)))
                        .wake();
                  }
                }
                return null;
              });
      do {
        assertResult(Verdict.DONE, save(), Map.of("lost", 0L, "damaged", 0L));
        assertRestored(fixtures);
      } while (!uploads.isDone());
      uploads.get();
    } finally {
      other.shutdownNow();
    }
  }

  @Test
  void aBackupThatFailsLeavesTheOneBefore() throws IOException {
    save();
    fixtures.add(put(3, CdcMode.OFF));
    BlobStore broken =
        new PassingBlobStore(blobs) {
          @Override
          public InputStream open(String key, long from, long length) throws IOException {
            throw new IOException("the disk fails");
          }
        };

    assertEquals(Verdict.UNFINISHED, save(broken, Progress.SILENT).verdict());

    assertRestored(fixtures.subList(0, 2));
    assertEquals(Verdict.DONE, save().verdict());
    assertRestored(fixtures);
  }

  @Test
  void aBackupOfAnotherStoreIsNotOverwritten() throws IOException {
    try (BlobStore target = DirectoryBlobStore.open(backup);
        BlobSink mark = target.create("owner/another")) {
      mark.commit();
    }

    assertThrows(IOException.class, this::save);
  }

  @Test
  void foldersThatCannotHaveABackupAreRefused() {
    for (String to : List.of("backup", folder.resolve("data/backup").toString(), "/")) {
      assertThrows(
          JobRefusedException.class,
          () -> job(blobs).prepare(new JobOptions(Map.of("to", to))),
          to);
    }
    assertThrows(JobRefusedException.class, () -> job(blobs).prepare(new JobOptions(Map.of())));
  }

  @Test
  void aLinkToTheDataFolderOrAnotherOneIsRefused() throws IOException {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, Files.createDirectory(folder.resolve("data")));
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.createFile(other.resolve("narthex.lock"));

    for (Path to : List.of(link, link.resolve("new"), other)) {
      assertThrows(
          JobRefusedException.class,
          () -> job(blobs).prepare(new JobOptions(Map.of("to", to.toString()))),
          to.toString());
    }
  }

  @Test
  void aLogBesideTheEarlierBackupIsNotAppliedToTheNew() throws IOException {
    save();
    Path log = Files.writeString(backup.resolve("narthex.db-wal"), "changes of the earlier one");

    save();

    assertFalse(Files.exists(log));
    assertRestored(fixtures);
  }

  @Test
  void aFolderWithoutACompleteBackupIsNotRestored() {
    assertThrows(IllegalArgumentException.class, () -> Restore.parse(backup.toString()));
  }
}
