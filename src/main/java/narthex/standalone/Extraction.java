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
    step(this::extract);
    try {
      step(this::startServer).await();
      step(() -> done = true);
    } catch (IOException failure) {
      step(() -> done); // it isn't the reason if the process was told to end
      throw new IOException(
          "cannot write the archive of classes: " + failure.getMessage(), failure);
    }
  }

  private interface Step<T> {
    T run() throws IOException;
  }

  /** Runs a step as a whole, so that {@link #undo} comes before or after it. */
  private <T> T step(Step<T> step) throws IOException {
    lock.lock();
    try {
      if (ended) {
        throw new IOException("the process was told to end");
      }
      return step.run();
    } finally {
      lock.unlock();
    }
  }

  // requires lock
  private Path extract() throws IOException {
    try {
      ExtractedWar.requireEmpty(target);
      begun = true;
      ExtractedWar.extract(UnpackedWar.ownFile(), target);
      return target;
    } catch (DirectoryNotEmptyException full) {
      throw new IOException("the folder is not empty: " + target, full);
    } catch (IOException failure) {
      throw new IOException("cannot extract: " + failure, failure);
    }
  }

  // requires lock
  private ClassArchive startServer() throws IOException {
    PrivateFolder folder =
        PrivateFolder.create(Path.of(System.getProperty("java.io.tmpdir")), null);
    work = folder;
    ClassArchive writing = new ClassArchive(target, folder.path());
    archive = writing;
    return writing;
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
