package narthex.maintain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.db.Database;
import narthex.db.DatabaseCopy;
import narthex.db.GarbageTable;
import narthex.maintain.JobRefusedException.Reason;
import narthex.maintain.JobResult.Verdict;
import narthex.stream.DecoderShare;

/**
 * The job {@code backup}: copies database, blobs and signing keys to a folder of the server, while
 * clients are served. Options: {@code to}, {@code rate}, {@code without-keys}, {@code prune}.
 *
 * <h2>Problem</h2>
 *
 * Rows that are copied first name blobs that may be deleted before they are copied. Blobs that are
 * copied first lack those of the rows that come meanwhile.
 *
 * <h2>How</h2>
 *
 * Most blobs are copied first; that takes long, and changes nothing for the server. Then no blob is
 * deleted any more, the database is copied, and the few blobs that this copy names and the backup
 * lacks follow. The copy of the database gets its name at the end. A backup that is stopped goes on
 * where it was, and the one before it stays complete.
 */
public final class BackupJob implements Job {
  private static final int PAGE = 100;

  /** Every data folder has this file. */
  private static final String DATA_FOLDER_LOCK = "narthex.lock";

  private final Store store;

  /**
   * What is saved.
   *
   * @param database its rows
   * @param blobs its blobs
   * @param decoders limits the memory for the check of documents
   * @param folders the server's own folders, in which there must be no backup
   * @param keyFiles the signing keys
   */
  public record Store(
      Database database,
      BlobStore blobs,
      DecoderShare decoders,
      List<Path> folders,
      List<Path> keyFiles) {
    /** Copies the lists. */
    public Store {
      folders = List.copyOf(folders);
      keyFiles = List.copyOf(keyFiles);
    }
  }

  /** Whether the backup has the signing keys. */
  private enum Keys {
    INCLUDED,
    LEFT_OUT
  }

  /** What happens to blobs of earlier backups that the new one doesn't need. */
  private enum Older {
    KEPT,
    DELETED
  }

  /** Saves this store. */
  public BackupJob(Store store) {
    this.store = store;
  }

  @Override
  public String name() {
    return "backup";
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    Optional<Path> to = options.parsed("to", this::target);
    long rate = options.bytes("rate").orElse(0);
    Keys keys = options.isSet("without-keys") ? Keys.LEFT_OUT : Keys.INCLUDED;
    Older older = options.isSet("prune") ? Older.DELETED : Older.KEPT;
    if (to.isEmpty()) {
      throw new JobRefusedException(Reason.WRONG_OPTION, "option to: is missing");
    }
    if (!DatabaseCopy.isPossible(store.database())) {
      throw new JobRefusedException(
          Reason.WRONG_OPTION,
          "only an SQLite database can be saved by this command; save PostgreSQL with pg_dump,"
              + " then copy the blobs with migrate and its option blobs");
    }
    BackupFolder folder = new BackupFolder(to.get());
    return progress -> run(folder, rate, keys, older, progress);
  }

  private Path target(String text) {
    Path path = absolute(text);
    Path real = real(path);
    for (Path own : store.folders()) {
      Path normal = real(own);
      if (real.startsWith(normal) || normal.startsWith(real)) {
        throw new IllegalArgumentException("is inside or around " + normal);
      }
    }
    if (Files.exists(path.resolve(DATA_FOLDER_LOCK))) {
      throw new IllegalArgumentException("is the data folder of another server");
    }
    return path;
  }

  /** Resolves the links in a path, as far as it exists. */
  private static Path real(Path path) {
    Path normal = path.toAbsolutePath().normalize();
    Path known = normal;
    while (known != null) {
      try {
        return known.toRealPath().resolve(known.relativize(normal)).normalize();
      } catch (IOException missing) {
        known = known.getParent();
      }
    }
    return normal;
  }

  /**
   * Parses the path of a backup.
   *
   * @throws IllegalArgumentException if it is not an absolute path
   */
  static Path absolute(String text) {
    Path path;
    try {
      path = Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("not a path", e);
    }
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("not an absolute path");
    }
    return path.normalize();
  }

  private JobResult run(BackupFolder to, long rate, Keys keys, Older older, Progress progress)
      throws IOException {
    try (BlobStore target = to.openBlobs()) {
      JobResult first = copy(store.database(), target, rate, progress);
      if (first.verdict() == Verdict.UNFINISHED) {
        return first;
      }
      JobResult rest = copyRows(to, target, rate, progress);
      if (rest.verdict() == Verdict.UNFINISHED) {
        return rest;
      }
      long saved = keys == Keys.INCLUDED ? to.storeKeys(store.keyFiles()) : 0;
      to.publish(to.folder().resolve(to.database().getFileName() + ".new"));
      long pruned = older == Older.DELETED ? prune(to, target, progress) : 0;
      return JobResult.of(rest.verdict())
          .with("copied", figure(first, "copied") + figure(rest, "copied"))
          .with("present", figure(first, "present"))
          .with("damaged", figure(rest, "damaged"))
          .with("lost", figure(rest, "lost"))
          .with("bytes", figure(first, "bytes") + figure(rest, "bytes"))
          .with("keys", saved)
          .with("pruned", pruned);
    }
  }

  /** Copies the database, and the blobs that only the copy names. */
  private JobResult copyRows(BackupFolder to, BlobStore target, long rate, Progress progress)
      throws IOException {
    try (GarbageTable.Hold held = store.database().garbage().hold()) {
      progress.at("database", 0, 1);
      Path part = to.newDatabase();
      DatabaseCopy.write(store.database(), part);
      try (Database rows = DatabaseCopy.open(part)) {
        return copy(rows, target, rate, progress);
      }
    }
  }

  private JobResult copy(Database rows, BlobStore target, long rate, Progress progress)
      throws IOException {
    CopyBlobs.Source source = new CopyBlobs.Source(rows, store.blobs(), store.decoders());
    return new CopyBlobs(source, target, rate, progress).run();
  }

  /** Deletes the blobs that the backup's database doesn't name. */
  private static long prune(BackupFolder to, BlobStore target, Progress progress)
      throws IOException {
    long pruned = 0;
    try (Database rows = DatabaseCopy.open(to.database())) {
      List<ListedBlob> page = target.list(Optional.empty(), PAGE);
      while (!page.isEmpty() && !progress.isStopped()) {
        Set<String> keys = new HashSet<>();
        page.stream()
            .map(ListedBlob::key)
            .filter(key -> !StoreOwner.isMark(key))
            .forEach(keys::add);
        for (String unnamed : rows.garbage().findUnnamed(keys)) {
          target.delete(unnamed);
          pruned++;
        }
        progress.at("blobs pruned", pruned, 0);
        page = target.list(Optional.of(page.get(page.size() - 1).key()), PAGE);
      }
    }
    return pruned;
  }

  /** Returns a number of a result. */
  private static long figure(JobResult result, String name) {
    return result.figures().get(name) instanceof Long number ? number : 0;
  }
}
