package narthex.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryNotEmptyException;
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
          + " narthex.war. The archive is for the release of Java that runs this command, and for"
          + " these files: with another Java, or a copy with other times, the start is as slow as"
          + " that of narthex.war."
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
    if (ExtractedWar.ofThisProcess().isPresent()) {
      return refuse("this is narthex.jar, which is extracted already; use narthex.war", null);
    }
    Path target = folder.toAbsolutePath();
    try {
      ExtractedWar.extract(UnpackedWar.ownFile(), target);
    } catch (DirectoryNotEmptyException full) {
      return refuse("the folder is not empty: ", folder);
    } catch (IOException failure) {
      return refuse("cannot extract: ", failure);
    }
    Path archive = target.resolve(ClassArchive.FILE);
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (PrivateFolder work = PrivateFolder.create(temporary, null)) {
      ClassArchive.write(target, work.path());
    } catch (IOException failure) {
      return refuse("extracted, but without an archive of classes: ", failure);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "java %s -jar %s%n",
        quoted("-XX:SharedArchiveFile=" + archive),
        quoted(archive.resolveSibling(ExtractedWar.JAR).toString()));
    out.flush();
    return JobReport.DONE;
  }

  /** Quotes a word for a shell, if it needs that. */
  private static String quoted(String word) {
    return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private int refuse(String reason, @Nullable Object detail) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("narthex extract: " + reason + (detail == null ? "" : detail));
    err.flush();
    return JobReport.FAILED;
  }
}
