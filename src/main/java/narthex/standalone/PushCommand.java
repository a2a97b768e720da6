package narthex.standalone;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code push}. */
@Command(
    name = "push",
    header = "Upload store paths and all that they refer to.",
    description = {
      "Asks the server which paths of the closure it doesn't have, and uploads these. After a"
          + " break, run it again: it sends only what is still missing. Needs Nix 2.4 or later."
    })
final class PushCommand extends UploadCommand {
  @Parameters(
      index = "1..*",
      paramLabel = "PATH",
      description = "Store paths, or links to them such as ./result.")
  private List<String> paths = new ArrayList<>();

  @Option(names = "--stdin", description = "Read further paths from the input, one on a line.")
  private boolean stdin;

  @Option(names = "--dry-run", description = "Only list what would be uploaded.")
  private boolean dryRun;

  @Override
  int run(URI url) throws IOException {
    List<String> all = new ArrayList<>(paths);
    if (stdin) {
      all.addAll(input());
    }
    if (all.isEmpty() && !stdin) {
      throw new ParameterException(spec().commandLine(), "a PATH or --stdin is needed");
    }
    try (Session session = open(url)) {
      Thread end = new Thread(session::close, "narthex-end");
      Runtime.getRuntime().addShutdownHook(end);
      try {
        return push(session, all);
      } finally {
        remove(end);
      }
    }
  }

  private int push(Session session, List<String> roots) {
    try {
      List<PathInfo> closure = session.nix.closure(roots);
      List<PathInfo> missing = session.push.missing(closure);
      Map<String, Long> figures = new LinkedHashMap<>();
      figures.put("paths", (long) closure.size());
      if (dryRun) {
        missing.forEach(path -> session.progress.tell(path.path()));
        figures.put("missingPaths", (long) missing.size());
        figures.put("missingBytes", missing.stream().mapToLong(PathInfo::narSize).sum());
        session.end(figures);
        return DONE;
      }
      List<String> failures = session.push.upload(missing);
      figures.put("uploadedPaths", session.push.uploadedPaths());
      figures.put("uploadedBytes", session.push.uploadedBytes());
      if (failures.isEmpty()) {
        session.end(figures);
        return DONE;
      }
      long left = missing.size() - session.push.uploadedPaths();
      failures.stream().limit(MOST_SHOWN).forEach(session.progress::fail);
      session.progress.fail(left + " of " + closure.size() + " paths were not uploaded");
    } catch (IOException e) {
      session.progress.fail(String.valueOf(e.getMessage()));
    }
    return FAILED;
  }

  private static final int MOST_SHOWN = 20;

  private static List<String> input() throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    return lines.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException atShutdown) {
      // then it runs
    }
  }
}
