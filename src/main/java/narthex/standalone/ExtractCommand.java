package narthex.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code extract}. */
@Command(
    name = "extract",
    mixinStandardHelpOptions = true,
    versionProvider = Launcher.VersionLine.class,
    header = "Extract this program to a folder, for a faster start.",
    description = {
      "Writes narthex.jar, its libraries, the web application and an archive of its classes to an"
          + " empty or new folder, and prints how to start it. Everything else is as with"
          + " narthex.war. The archive is for this Java, this folder and these files: don't move or"
          + " copy them. Without the archive the start is as slow as that of narthex.war."
    })
final class ExtractCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(paramLabel = "FOLDER", description = "An empty or new folder.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Path folder;

  @Override
  public Integer call() {
    Path target = folder.toAbsolutePath().normalize();
    if (ExtractedWar.ofThisProcess().isPresent()) {
      return refuse("this is narthex.jar, which is extracted already; use narthex.war");
    }
    if (isEscaped(target)) {
      return refuse("Java has no archives for a folder with such a name: " + target);
    }
    Extraction extraction = new Extraction(target);
    Runtime.getRuntime().addShutdownHook(new Thread(extraction::undo, "narthex-extraction"));
    try {
      extraction.run();
    } catch (IOException failure) {
      return refuse(failure.getMessage());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%s %s -jar %s%n",
        quoted(ClassArchive.java().toString()),
        quoted("-XX:SharedArchiveFile=" + target.resolve(ClassArchive.FILE)),
        quoted(target.resolve(ExtractedWar.JAR).toString()));
    out.flush();
    return JobReport.DONE;
  }

  /** Java compares class paths, which have colons between them, with URLs. */
  private static boolean isEscaped(Path target) {
    return target.toUri().getRawPath().contains("%") || target.toString().contains(":");
  }

  /** Quotes a word for a shell, if it needs that. */
  private static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private int refuse(@Nullable String reason) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("narthex extract: " + reason);
    err.flush();
    return JobReport.FAILED;
  }
}
