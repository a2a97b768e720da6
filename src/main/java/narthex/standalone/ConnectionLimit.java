package narthex.standalone;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import narthex.settings.Settings;
import narthex.wiring.RequestThreads;

/**
 * How many connections the standalone server accepts at a time. Further ones wait in the backlog of
 * the operating system.
 */
final class ConnectionLimit {
  /** The part of the heap that connections may take together. */
  private static final int PART_OF_HEAP = 2;

  /** Fewest connections by default, whatever the heap. */
  private static final int LEAST = 1024;

  /**
   * Of four open files, how many may be connections and the files that are read for them; the
   * others are for all else.
   */
  private static final int FILES_OF_FOUR = 3;

  /**
   * So many readers of chunks, at most, keep a pack open while the server waits for their clients.
   */
  private static final int RESTING = 512;

  private ConnectionLimit() {}

  /**
   * Returns the limit for this process: the configured one, else as many connections as memory
   * allows; never so many that they and the files that are read for them take more than three
   * quarters of the open files that the process may have.
   *
   * @param connectionBytes most memory of a connection whose request isn't complete
   */
  static int of(Settings settings, long connectionBytes) {
    Settings.Http http = settings.http();
    int wanted =
        http.connections() > 0
            ? http.connections()
            : byMemory(
                RequestThreads.standalone(http), Runtime.getRuntime().maxMemory(), connectionBytes);
    return byFiles(wanted, openFiles(), maySendFiles(settings));
  }

  /**
   * Whether clients may get whole files, each of which is open until its client has it: not if all
   * NARs are cut into chunks and popular ones have no files. NARs of an earlier mode may still be
   * files then.
   */
  static boolean maySendFiles(Settings settings) {
    return !settings.chunking().mode().equals("eager") || settings.storage().narCacheBytes() > 0;
  }

  /** At least as many as there are request threads. */
  static int byMemory(int threads, long heapBytes, long connectionBytes) {
    long most = heapBytes / PART_OF_HEAP / connectionBytes;
    return (int) Math.min(Integer.MAX_VALUE, Math.max(most, Math.max(LEAST, threads)));
  }

  static int byFiles(int wanted, long openFiles, boolean maySendFiles) {
    long files = openFiles / 4 * FILES_OF_FOUR;
    long most = files / 2; // a connection has one file open at most
    if (!maySendFiles) {
      most = Math.max(most, files - RESTING);
    }
    return (int) Math.max(1, Math.min(wanted, most));
  }

  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }
}
