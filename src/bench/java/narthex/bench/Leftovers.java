package narthex.bench;

import java.io.IOException;
import java.nio.file.Path;
import narthex.testing.FileTrees;

/** What a bench leaves. */
public final class Leftovers {
  private Leftovers() {}

  /** Deletes a folder with its contents; prints its name if that fails. */
  public static void remove(Path folder) {
    try {
      FileTrees.delete(folder);
    } catch (IOException e) {
      System.err.println("left behind: " + folder);
    }
  }
}
