package narthex.maintain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.blob.DurableFolders;
import narthex.db.Database;
import narthex.db.DatabaseCopy;
import narthex.maintain.JobResult.Verdict;
import narthex.stream.DecoderShare;

/** Copies a backup of {@link BackupJob} to where a new server looks for its data. */
public final class Restore {
  private final BackupFolder from;

  private Restore(BackupFolder from) {
    this.from = from;
  }

  /**
   * Parses the path of a backup.
   *
   * @throws IllegalArgumentException if it is not an absolute path, or there is no complete backup
   */
  public static Restore parse(String text) {
    BackupFolder folder = new BackupFolder(BackupJob.absolute(text));
    if (!Files.isRegularFile(folder.database())) {
      throw new IllegalArgumentException("no backup: there is no " + folder.database());
    }
    return new Restore(folder);
  }

  /**
   * Copies blobs, keys and database, in this order: with the database, the restored data is whole.
   *
   * @param database the file of the new database, which must not exist
   * @param keyFiles where the server looks for its signing keys; those that exist stay
   * @param blobs the new blob store
   * @param decoders limits the memory for the check of documents
   * @param bytesPerSecond limit of the bytes that are read; 0 for none
   * @throws IOException if it failed; then there is no database
   */
  public JobResult run(
      Path database,
      List<Path> keyFiles,
      BlobStore blobs,
      DecoderShare decoders,
      long bytesPerSecond,
      Progress progress)
      throws IOException {
    Path folder = database.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("the database has no folder: " + database);
    }
    DurableFolders.create(folder);
    Path part = database.resolveSibling(database.getFileName() + ".new");
    Files.copy(from.database(), part, StandardCopyOption.REPLACE_EXISTING);
    JobResult copied;
    try (BlobStore saved = from.openBlobs();
        Database rows = DatabaseCopy.open(part)) {
      CopyBlobs.Source source = new CopyBlobs.Source(rows, saved, decoders);
      copied = new CopyBlobs(source, blobs, bytesPerSecond, progress).run();
    }
    if (copied.verdict() == Verdict.UNFINISHED) {
      return copied;
    }
    DurableFolders.syncFile(part);
    int keys = from.restoreKeys(keyFiles);
    Files.move(part, database, StandardCopyOption.ATOMIC_MOVE);
    DurableFolders.sync(folder);
    return copied.with("keys", keys);
  }
}
