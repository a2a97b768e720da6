package narthex.standalone;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Extracts the WAR and writes the archive of its classes; all of it or nothing. {@link #undo} runs
 * at the end of the process, also if it is told to end in between.
 */
final class Extraction {
  private final Path target;
  private final ReentrantLock lock = new ReentrantLock();

  // all guarded by lock
  private @Nullable PrivateFolder work;
  private @Nullable ClassArchive archive;
  private boolean begun;
  private boolean done;
  private boolean ended;

  /**
   * Does nothing yet.
   *
   * @param target absolute
   */
  Extraction(Path target) {
    this.target = target;
  }

  /**
   * Extracts.
   *
   * @throws IOException if it failed; the message is one line
   */
  void run() throws IOException {
    extract();
    try {
      begin().await();
      end();
    } catch (IOException failure) {
      requireGoingOn();
      throw new IOException(
          "cannot write the archive of classes: " + failure.getMessage(), failure);
    }
  }

  /** With the lock, as {@link #undo} must not delete while files are written. */
  private void extract() throws IOException {
    lock.lock();
    try {
      requireGoingOn();
      ExtractedWar.requireEmpty(target);
      begun = true;
      ExtractedWar.extract(UnpackedWar.ownFile(), target);
    } catch (DirectoryNotEmptyException full) {
      throw new IOException("the folder is not empty: " + target, full);
    } catch (IOException failure) {
      throw new IOException("cannot extract: " + failure, failure);
    } finally {
      lock.unlock();
    }
  }

  private ClassArchive begin() throws IOException {
    lock.lock();
    try {
      requireGoingOn();
      PrivateFolder folder =
          PrivateFolder.create(Path.of(System.getProperty("java.io.tmpdir")), null);
      work = folder;
      ClassArchive writing = new ClassArchive(target, folder.path());
      archive = writing;
      return writing;
    } finally {
      lock.unlock();
    }
  }

  private void end() throws IOException {
    lock.lock();
    try {
      requireGoingOn();
      done = true;
    } finally {
      lock.unlock();
    }
  }

  private void requireGoingOn() throws IOException {
    lock.lock();
    try {
      if (ended) {
        throw new IOException("the process was told to end");
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the server, deletes its folder and, if the extraction isn't complete, all files. */
  void undo() {
    lock.lock();
    try (PrivateFolder folder = work;
        ClassArchive server = archive) {
      ended = true;
    } finally {
      remove();
      lock.unlock();
    }
  }

  // requires lock
  private void remove() {
    if (!begun || done) {
      return;
    }
    try {
      ExtractedWar.remove(target);
    } catch (IOException remains) {
      System.err.println("narthex extract: could not delete " + target + ": " + remains);
    }
  }
}
