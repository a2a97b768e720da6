package narthex.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Java processes of their own, with the classes of the tests. */
public final class OtherJvm {
  private static final int LONGEST_SECONDS = 120;

  private OtherJvm() {}

  /** The program that runs this process. */
  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /**
   * Returns a process that runs a main class. The caller starts it and sees to its end.
   *
   * @param options of the JVM
   */
  public static ProcessBuilder of(Class<?> program, List<String> options, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /**
   * Runs a main class to its end and returns the exit status.
   *
   * @param options of the JVM
   * @throws AssertionError if it hasn't ended after two minutes; it is killed then
   */
  public static int run(Class<?> program, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    Process process = of(program, options, arguments).inheritIO().start();
    if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the process does not end");
    }
    return process.exitValue();
  }
}
