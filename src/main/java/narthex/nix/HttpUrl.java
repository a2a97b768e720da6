package narthex.nix;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An http or https URL, parsed like curl parses it. It keeps every character that can be sent, also
 * {@code //}, {@code |} and {@code "}, and percent-encodes spaces, control characters and non-ASCII
 * characters only. It resolves dot segments and drops the fragment. Immutable.
 *
 * @param scheme http or https
 * @param userInfo the part before the {@code @}, still encoded; null if there is none
 * @param host name or IP address; an IPv6 address has no brackets
 * @param port the port; -1 if the URL has none
 * @param target path and query; starts with a slash
 * @see <a href="https://curl.se/docs/url-syntax.html">URL syntax of curl</a>
 */
public record HttpUrl(
    String scheme, @Nullable String userInfo, String host, int port, String target) {
  /**
   * A user and password. {@link #toString} never shows the password.
   *
   * @param user the user name; empty if the entry has none
   * @param password the password; empty if the entry has none
   */
  public record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[user=" + user + "]";
    }
  }

  private static final Pattern ABSOLUTE = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:(.*)@)?(\\[[^\\]@]*\\]|[^:@\\[\\]]*)(?::([0-9]{0,5}))?");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~-]{1,253}");
  private static final int MAX_PORT = 65535;

  /**
   * Parses an absolute URL.
   *
   * @throws IllegalArgumentException if the text is anything else; the message doesn't quote it,
   *     because it may contain a password
   */
  public static HttpUrl parse(String text) {
    Matcher absolute = ABSOLUTE.matcher(encode(text.strip()));
    if (!absolute.matches()) {
      throw new IllegalArgumentException("not an absolute URL");
    }
    return of(group(absolute, 1).toLowerCase(Locale.ROOT), group(absolute, 2));
  }

  /**
   * Resolves a reference against this URL, such as the URL of a narinfo or a Location header.
   *
   * @throws IllegalArgumentException if the result isn't an http(s) URL; the message doesn't quote
   *     it
   */
  public HttpUrl resolve(String reference) {
    String wanted = encode(reference.strip());
    if (ABSOLUTE.matcher(wanted).matches()) {
      return parse(wanted);
    }
    if (wanted.startsWith("//")) {
      return of(scheme, wanted.substring(2));
    }
    if (wanted.startsWith("/")) {
      return withTarget(wanted);
    }
    String path = path();
    return wanted.startsWith("?") || wanted.startsWith("#") || wanted.isEmpty()
        ? withTarget(path + wanted)
        : withTarget(path.substring(0, path.lastIndexOf('/') + 1) + wanted);
  }

  /** Returns a copy without credentials and query, and with a slash at the end of the path. */
  public HttpUrl folder() {
    String path = path();
    return new HttpUrl(scheme, null, host, port, path.endsWith("/") ? path : path + "/");
  }

  /** The port, or the default port of the scheme if the URL has none. */
  public int effectivePort() {
    if (port >= 0) {
      return port;
    }
    return scheme.equals("https") ? 443 : 80;
  }

  /** Whether both name the same server: scheme, host and port. */
  public boolean isSameOrigin(HttpUrl other) {
    return scheme.equals(other.scheme)
        && host.equalsIgnoreCase(other.host)
        && effectivePort() == other.effectivePort();
  }

  /** The decoded user and password; empty if the URL has none. */
  public Optional<Login> login() {
    if (userInfo == null) {
      return Optional.empty();
    }
    int colon = userInfo.indexOf(':');
    return Optional.of(
        colon < 0
            ? new Login(decode(userInfo), "")
            : new Login(
                decode(userInfo.substring(0, colon)), decode(userInfo.substring(colon + 1))));
  }

  /** Whether the URL has a user but no password. */
  public boolean hasUserOnly() {
    return userInfo != null && userInfo.indexOf(':') < 0;
  }

  /** The path without the query. */
  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** The URL without user, password and query, any of which may be secret. */
  public String print() {
    return scheme + "://" + printAuthority() + path();
  }

  private String printAuthority() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + (port < 0 ? "" : ":" + port);
  }

  @Override
  public String toString() {
    return print();
  }

  private HttpUrl withTarget(String wanted) {
    return new HttpUrl(scheme, null, host, port, target(wanted));
  }

  private static HttpUrl of(String scheme, String rest) {
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException("neither http:// nor https://");
    }
    int end = 0;
    while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
      end++;
    }
    Matcher authority = AUTHORITY.matcher(rest.substring(0, end));
    if (!authority.matches()) {
      throw new IllegalArgumentException("malformed host name or port");
    }
    String digits = group(authority, 3);
    int port = digits.isEmpty() ? -1 : Integer.parseInt(digits);
    if (port > MAX_PORT) {
      throw new IllegalArgumentException("port above 65535");
    }
    return new HttpUrl(
        scheme, authority.group(1), host(group(authority, 2)), port, target(rest.substring(end)));
  }

  private static String host(String text) {
    if (text.startsWith("[")) {
      String address = text.substring(1, text.length() - 1).replaceFirst("%25", "%");
      if (!IPV6.matcher(address).matches()) {
        throw new IllegalArgumentException("malformed IPv6 address");
      }
      return address;
    }
    String name = text.indexOf('%') < 0 ? text : IDN.toASCII(decode(text), IDN.ALLOW_UNASSIGNED);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(name.isEmpty() ? "no host name" : "malformed host name");
    }
    return name;
  }

  private static String target(String text) {
    int fragment = text.indexOf('#');
    String target = fragment < 0 ? text : text.substring(0, fragment);
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    return withoutDots(path.startsWith("/") ? path : "/" + path)
        + (query < 0 ? "" : target.substring(query));
  }

  /** Removes dot segments (RFC 3986, 5.2.4), but keeps empty segments. */
  private static String withoutDots(String path) {
    if (!path.contains("/.")) {
      return path;
    }
    String[] segments = path.substring(1).split("/", -1);
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (segments[i].equals("..") && !kept.isEmpty()) {
        kept.remove(kept.size() - 1);
      }
      boolean dots = segments[i].equals("..") || segments[i].equals(".");
      if (!dots) {
        kept.add(segments[i]);
      } else if (last) {
        kept.add("");
      }
    }
    return "/" + String.join("/", kept);
  }

  /** Percent-encodes spaces, control characters, and the UTF-8 bytes of non-ASCII characters. */
  private static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b > ' ' && b != 0x7F) {
        encoded.append((char) b);
      } else {
        encoded.append(String.format(Locale.ROOT, "%%%02X", b & 0xFF));
      }
    }
    return encoded.toString();
  }

  /** Decodes percent-encoding; keeps malformed escapes. */
  private static String decode(String text) {
    byte[] bytes = new byte[text.length()];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
      if (low >= 0) {
        bytes[length++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        bytes[length++] = (byte) c;
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private static String group(Matcher matcher, int number) {
    String text = matcher.group(number);
    return text == null ? "" : text;
  }
}
