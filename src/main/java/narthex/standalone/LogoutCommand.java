package narthex.standalone;

import java.io.IOException;
import java.net.URI;
import picocli.CommandLine.Command;

/** {@code logout}. */
@Command(name = "logout", header = "Forget the token that login stored for a server.")
final class LogoutCommand extends ServerCommand {
  @Override
  int run(URI url) throws IOException {
    boolean removed = Tokens.ofUser().remove(url);
    out().println(removed ? "removed" : "no token is stored for " + CacheClient.base(url));
    out().flush();
    return DONE;
  }
}
