package narthex.blob;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import narthex.testing.OtherJvm;

/** Another Java process that opens a directory store and then exits or is killed. */
final class OtherVirtualMachine {
  /** How the process ends. */
  enum End {
    CLOSED,
    HALTED_WHILE_WRITING
  }

  private OtherVirtualMachine() {}

  /** Runs the process to its end. */
  static void run(Path root, End end) throws IOException, InterruptedException {
    int status = OtherJvm.run(OtherVirtualMachine.class, List.of(), root.toString(), end.name());
    if (status != 0) {
      throw new AssertionError("the process failed: " + status);
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
