package narthex.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import narthex.nix.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * The logins of a netrc file, parsed like curl and Nix do: {@code machine}, {@code login}, {@code
 * password} and {@code default} count; {@code account} is ignored, and {@code macdef} up to the
 * next empty line. Immutable.
 *
 * @see <a href="https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html">
 *     The .netrc file</a>
 */
public final class Netrc {
  private record Entry(@Nullable String machine, HttpUrl.Login login) {
    boolean isFor(String host) {
      return machine == null || machine.equalsIgnoreCase(host);
    }
  }

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

  /** Parses the text of a netrc file; ignores unknown words. */
  public static Netrc parse(String text) {
    Deque<Word> words = words(text);
    List<Entry> entries = new ArrayList<>();
    while (!words.isEmpty()) {
      String word = words.remove().keyword();
      if (word.equals("machine") && !words.isEmpty()) {
        String machine = words.remove().text();
        logins(words).forEach(login -> entries.add(new Entry(machine, login)));
      } else if (word.equals("default")) {
        logins(words).forEach(login -> entries.add(new Entry(null, login)));
      }
    }
    return new Netrc(List.copyOf(entries));
  }

  /** Finds the first entry for this host, or the default entry. */
  public Optional<HttpUrl.Login> find(String host) {
    return entries.stream().filter(entry -> entry.isFor(host)).map(Entry::login).findFirst();
  }

  /** Finds the first entry for this host and user; an entry without a login fits every user. */
  public Optional<HttpUrl.Login> find(String host, String user) {
    return entries.stream()
        .filter(entry -> entry.isFor(host))
        .map(Entry::login)
        .filter(login -> login.user().isEmpty() || login.user().equals(user))
        .map(login -> new HttpUrl.Login(user, login.password()))
        .findFirst();
  }

  /** Reads the logins of one machine. There may be several, each followed by its password. */
  private static List<HttpUrl.Login> logins(Deque<Word> words) {
    List<HttpUrl.Login> logins = new ArrayList<>();
    @Nullable String user = null;
    @Nullable String password = null;
    while (words.size() >= 2) {
      String key = words.element().keyword();
      if (!(key.equals("login") || key.equals("password") || key.equals("account"))) {
        break;
      }
      words.remove();
      String value = words.remove().text();
      if (key.equals("login")) {
        if (user != null && password != null) {
          logins.add(new HttpUrl.Login(user, password));
          password = null;
        }
        user = value;
      } else if (key.equals("password")) {
        password = value;
      }
    }
    logins.add(
        new HttpUrl.Login(
            Objects.requireNonNullElse(user, ""), Objects.requireNonNullElse(password, "")));
    return logins;
  }

  private static Deque<Word> words(String text) {
    Deque<Word> words = new ArrayDeque<>();
    boolean inMacro = false;
    for (String line : text.lines().toList()) {
      if (inMacro) {
        inMacro = !line.isBlank();
        continue;
      }
      Line rest = new Line(line);
      for (Word word = rest.next(); word != null; word = rest.next()) {
        if (word.keyword().equals("macdef")) {
          inMacro = true;
          break;
        }
        words.add(word);
      }
    }
    return words;
  }

  /** A word; a quoted word is never a keyword. */
  private record Word(String text, boolean quoted) {
    String keyword() {
      return quoted ? "" : text.toLowerCase(Locale.ROOT);
    }
  }

  /** Splits a line into words: {@code #} starts a comment, quotes allow spaces and escapes. */
  private static final class Line {
    private final String line;
    private int at;

    Line(String line) {
      this.line = line;
    }

    @Nullable Word next() {
      while (at < line.length() && Character.isWhitespace(line.charAt(at))) {
        at++;
      }
      if (at == line.length() || line.charAt(at) == '#') {
        return null;
      }
      return line.charAt(at) == '"' ? quoted() : plain();
    }

    private Word plain() {
      int start = at;
      while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
        at++;
      }
      return new Word(line.substring(start, at), false);
    }

    private Word quoted() {
      StringBuilder text = new StringBuilder();
      at++;
      while (at < line.length() && line.charAt(at) != '"') {
        char c = line.charAt(at++);
        text.append(c == '\\' && at < line.length() ? unescaped(line.charAt(at++)) : c);
      }
      at++;
      at = Math.min(at, line.length());
      return new Word(text.toString(), true);
    }

    private static char unescaped(char c) {
      return switch (c) {
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        default -> c;
      };
    }
  }
}
