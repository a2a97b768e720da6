package narthex.bench.space;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.bench.Leftovers;

/**
 * Measures what holds the limit of space; see {@code src/bench/README.md}. Arguments: the WAR, then
 * the parts to run ({@code rows}, {@code faults}, {@code soak-off}, {@code soak-eager}; default:
 * all).
 */
public final class SpaceBench {
  private static final List<String> PARTS = List.of("rows", "faults", "soak-off", "soak-eager");

  private SpaceBench() {}

  /** Runs the benchmark and deletes its files. */
  public static void main(String[] arguments)
      throws IOException, InterruptedException, SQLException {
    Path war = Path.of(arguments[0]).toAbsolutePath();
    List<String> given = Arrays.asList(arguments).subList(1, arguments.length);
    List<String> parts = given.isEmpty() ? PARTS : given;
    if (!PARTS.containsAll(parts)) {
      throw new IllegalArgumentException("parts are " + PARTS);
    }
    Logger.getLogger("").setLevel(Level.WARNING);
    Path folder = Files.createTempDirectory("narthex-bench-").toRealPath();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
    System.out.printf(
        "%s, %d processors, Java %s%n",
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version());
    if (parts.contains("rows")) {
      new RowsBench(Files.createDirectories(folder.resolve("rows"))).run(war);
    }
    if (parts.contains("faults")) {
      new Faults(Files.createDirectories(folder.resolve("faults")), war).run();
    }
    for (String mode : List.of("off", "eager")) {
      if (parts.contains("soak-" + mode)) {
        new Soak(Files.createDirectories(folder.resolve("soak-" + mode))).run(war, mode);
      }
    }
    System.exit(0); // the threads of clients may still wait for a server
  }

  private static void remove(Path folder) {
    if (Boolean.getBoolean("bench.keep")) {
      System.out.println("kept: " + folder);
      return;
    }
    Leftovers.remove(folder);
  }
}
