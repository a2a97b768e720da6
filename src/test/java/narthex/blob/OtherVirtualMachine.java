package narthex.blob;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another Java process that opens a directory store and then exits or is killed. */
final class OtherVirtualMachine {
  /** How the process ends. */
  enum End {
    CLOSED,
    HALTED_WHILE_WRITING
  }

  private static final long LONGEST_SECONDS = 60;

  private OtherVirtualMachine() {}

  /** Runs the process to its end. */
  static void run(Path root, End end) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    OtherVirtualMachine.class.getName(),
                    root.toString(),
                    end.name()))
            .inheritIO()
            .start();
    if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the process does not end");
    }
    if (process.exitValue() != 0) {
      throw new AssertionError("the process failed: " + process.exitValue());
    }
  }

  public static void main(String[] arguments) throws IOException {
    try (BlobStore store = DirectoryBlobStore.open(Path.of(arguments[0]))) {
      if (End.valueOf(arguments[1]) == End.HALTED_WHILE_WRITING) {
        BlobSink sink = store.create("halted");
        sink.write(new byte[100], 0, 100);
        Runtime.getRuntime().halt(0);
      }
    }
  }
}
