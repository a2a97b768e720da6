package narthex.standalone;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The text of a netrc file, as far as a token for one host is concerned. */
final class NetrcLines {
  private NetrcLines() {}

  /** The line for a host. Nix needs no user name for a token. */
  static String line(String host, String token) {
    return "machine " + host + " password " + token;
  }

  /**
   * Returns the text with this token for the host. Replaces the line of the host, or adds one;
   * keeps all else.
   *
   * @throws IOException if the entry of the host has several lines, and another token
   */
  static String with(String text, String host, String token) throws IOException {
    List<String> lines = new ArrayList<>(text.lines().toList());
    for (int i = 0; i < lines.size(); i++) {
      List<String> words = Arrays.asList(lines.get(i).strip().split("\\s+"));
      int machine = words.indexOf("machine");
      if (machine < 0 || machine + 1 >= words.size() || !words.get(machine + 1).equals(host)) {
        continue;
      }
      if (words.contains(token)) {
        return text;
      }
      if (machine > 0 || !words.contains("password") || words.lastIndexOf("machine") > 0) {
        throw new IOException("the netrc file has an entry for " + host + "; change it by hand");
      }
      lines.set(i, line(host, token));
      return String.join("\n", lines) + "\n";
    }
    // An entry named "default" hides what follows it.
    int at = 0;
    while (at < lines.size() && !lines.get(at).strip().startsWith("default")) {
      at++;
    }
    lines.add(at, line(host, token));
    return String.join("\n", lines) + "\n";
  }
}
