package narthex.standalone;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/** What a command printed, and its exit status. */
record Ended(int status, String out, String err) {
  /** Runs a command in this process. */
  static Ended run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Launcher.commandLine();
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = commandLine.execute(arguments.toArray(String[]::new));
    return new Ended(status, out.toString(), err.toString());
  }
}
