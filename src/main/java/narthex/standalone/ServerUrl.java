package narthex.standalone;

import java.net.URI;
import java.net.URISyntaxException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The URL of a server in a command line. */
final class ServerUrl {
  private ServerUrl() {}

  /**
   * Parses the URL.
   *
   * @param what the name of the option or parameter, for the message
   * @throws ParameterException if it isn't a URL of a server
   */
  static URI parse(CommandSpec command, String what, String text) {
    String wrong = "not an http:// or https:// URL";
    try {
      URI url = new URI(text);
      if (url.getRawUserInfo() != null) {
        wrong = "must not have a user or a token; store it with login, or use --token-file";
      } else if (url.getHost() != null
          && String.valueOf(url.getScheme()).matches("https?")
          && url.getQuery() == null
          && url.getFragment() == null) {
        return url;
      }
    } catch (URISyntaxException malformed) {
      // said below
    }
    throw new ParameterException(command.commandLine(), what + ": " + wrong);
  }
}
