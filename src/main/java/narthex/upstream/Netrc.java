package narthex.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The names and passwords of a netrc file, as curl and Nix read it: {@code machine}, {@code login},
 * {@code password} and {@code default}; {@code account} is skipped and {@code macdef} runs to the
 * next empty line. Immutable.
 *
 * @see <a href="https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html">
 *     The .netrc file</a>
 */
public final class Netrc {
  /** A login (empty if none was given) and password. Its text never shows the password. */
  public record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[user=" + user + "]";
    }
  }

  private record Entry(@Nullable String machine, Login login) {}

  private final List<Entry> entries;

  private Netrc(List<Entry> entries) {
    this.entries = entries;
  }

  /** A netrc without entries. */
  public static Netrc empty() {
    return new Netrc(List.of());
  }

  /** Reads a netrc file. */
  public static Netrc read(Path file) throws IOException {
    return parse(Files.readString(file, StandardCharsets.UTF_8));
  }

  /** Parses the text of a netrc file; words that belong to nothing are skipped. */
  public static Netrc parse(String text) {
    Deque<String> words = words(text);
    List<Entry> entries = new ArrayList<>();
    while (!words.isEmpty()) {
      String word = words.remove();
      if (word.equals("machine") && !words.isEmpty()) {
        entries.add(new Entry(words.remove(), login(words)));
      } else if (word.equals("default")) {
        entries.add(new Entry(null, login(words)));
      }
    }
    return new Netrc(List.copyOf(entries));
  }

  /** The first entry for this host, or the default entry. */
  public Optional<Login> find(String host) {
    return entries.stream()
        .filter(entry -> entry.machine() == null || entry.machine().equalsIgnoreCase(host))
        .map(Entry::login)
        .findFirst();
  }

  private static Login login(Deque<String> words) {
    String user = "";
    String password = "";
    while (words.size() >= 2) {
      String key = words.element();
      if (!(key.equals("login") || key.equals("password") || key.equals("account"))) {
        break;
      }
      words.remove();
      String value = words.remove();
      if (key.equals("login")) {
        user = value;
      } else if (key.equals("password")) {
        password = value;
      }
    }
    return new Login(user, password);
  }

  private static Deque<String> words(String text) {
    Deque<String> words = new ArrayDeque<>();
    boolean inMacro = false;
    for (String line : text.lines().toList()) {
      if (inMacro) {
        inMacro = !line.isBlank();
        continue;
      }
      StringTokenizer tokens = new StringTokenizer(line);
      while (tokens.hasMoreTokens()) {
        String token = tokens.nextToken();
        if (token.startsWith("#")) {
          break;
        }
        if (token.equals("macdef")) {
          inMacro = true;
          break;
        }
        words.add(token);
      }
    }
    return words;
  }
}
