package narthex.standalone;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code login}. */
@Command(
    name = "login",
    header = "Store the token for a server.",
    description = {
      "Asks for the token without showing it, or reads it from the input if that isn't a terminal;"
          + " asks the server whether it is valid; and stores it in ~/.config/narthex/tokens, which"
          + " only you can read. The other commands use it for the same URL."
    })
final class LoginCommand extends ServerCommand {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final Set<Integer> UPLOADS_OFF = Set.of(404, 405);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int TRIES = 3;

  @Override
  int run(URI url) throws IOException {
    String token = ask(url);
    if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ')) {
      throw new IOException("that is no token");
    }
    try (CacheClient server = new CacheClient(url, token, TRIES, PAUSE)) {
      String grants = check(server);
      Tokens tokens = Tokens.ofUser();
      tokens.store(url, token);
      out().println("stored in " + tokens.file() + "; " + grants);
      out().flush();
    }
    return DONE;
  }

  /** Asks the server about the token. Returns what it grants; fails if it grants nothing. */
  static String check(CacheClient server) throws IOException {
    CacheClient.Answer read = server.get("/nix-cache-info");
    if (read.status() == UNAUTHORIZED || read.status() == FORBIDDEN) {
      throw new IOException("the server doesn't accept this token: " + read.line());
    }
    if (!read.isSuccess() || !read.text().contains("StoreDir:")) {
      throw new IOException(server.base() + " is not a binary cache: " + read.line());
    }
    // The server stores nothing of this one.
    CacheClient.Answer write =
        server.send("PUT", "/upload/nix-cache-info", () -> BodyPublishers.ofString(read.text()));
    if (write.status() == UNAUTHORIZED) {
      throw new IOException("the server doesn't accept this token: " + write.line());
    }
    if (write.isSuccess()) {
      return "it may upload";
    }
    return UPLOADS_OFF.contains(write.status()) ? "uploads are off there" : "it may only read";
  }

  private static String ask(URI url) throws IOException {
    Console console = System.console();
    if (console != null && Terminal.isPresent()) {
      char[] typed = console.readPassword("Token for %s: ", CacheClient.base(url));
      return typed == null ? "" : new String(typed).strip();
    }
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = lines.readLine();
    return line == null ? "" : line.strip();
  }
}
