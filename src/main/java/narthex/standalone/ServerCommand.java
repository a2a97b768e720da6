package narthex.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command of a user of a server. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Launcher.VersionLine.class,
    sortOptions = false,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:done", "1:failed", "2:wrong usage"})
abstract class ServerCommand implements Callable<Integer> {
  static final int DONE = 0;
  static final int FAILED = 1;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "URL",
      description = "The server, such as https://cache.example.org.")
  private String server = "";

  /** Does it, and returns the exit status. A failure is shown with the message of the exception. */
  abstract int run(URI url) throws IOException;

  @Override
  public Integer call() {
    URI url = ServerUrl.parse(spec, "URL", server);
    try {
      return run(url);
    } catch (FileSystemException e) {
      String reason = e.getReason();
      complain(
          "cannot change "
              + e.getFile()
              + ": "
              + (reason == null ? e.getClass().getSimpleName() : reason));
      return FAILED;
    } catch (IOException e) {
      complain(String.valueOf(e.getMessage()));
      return FAILED;
    }
  }

  final CommandSpec spec() {
    return spec;
  }

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  final void complain(String reason) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("narthex " + spec.name() + ": " + reason);
    err.flush();
  }

  /** The option for the token. */
  static final class TokenOption {
    @Option(
        names = "--token-file",
        paramLabel = "FILE",
        description =
            "A file with the token; without it, "
                + Tokens.VARIABLE
                + " in the environment, or the token that login stored.")
    private @Nullable Path tokenFile;

    /** Returns the token for a server; null for none. */
    @Nullable String find(URI url) throws IOException {
      return Tokens.find(tokenFile, url);
    }
  }
}
