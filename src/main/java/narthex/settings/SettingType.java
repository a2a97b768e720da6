package narthex.settings;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import narthex.nix.Amounts;
import narthex.nix.Compression;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;

/**
 * The type of a setting: validates its text and parses it. Immutable.
 *
 * @param <T> the type of the parsed value
 */
public final class SettingType<T> {
  /**
   * Ten years. A longer duration is taken for a typing error. Up to this, nanoseconds fit a long.
   */
  private static final Duration LONGEST = Duration.ofDays(3650);

  private static final Pattern FRACTION_TEXT = Pattern.compile("0(\\.[0-9]{1,6})?|1(\\.0{1,6})?");
  private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,252})");
  private static final Pattern CLASS_NAME = Pattern.compile("[A-Z][A-Z0-9_]{0,62}");
  private static final Set<String> ENCRYPTIONS = Set.of("AES256", "aws:kms", "aws:kms:dsse");
  private static final int HIGHEST_PORT = 65_535;
  private static final int HIGHEST_ZSTD_LEVEL = 22;

  static final SettingType<String> TEXT = shown("text", "any text", text -> text);
  static final SettingType<String> SECRET =
      new SettingType<>("secret text", "any text", Exposure.SECRET, text -> text);
  static final SettingType<String> HOST =
      shown("host name", "letters, digits, '.', '-' and '_'", SettingType::hostName);
  static final SettingType<Path> PATH =
      shown("path", "a path of a file or folder", SettingType::path);
  static final SettingType<List<Path>> PATHS =
      shown(
          "list of paths",
          "paths separated by commas",
          text ->
              Pattern.compile(",")
                  .splitAsStream(text)
                  .map(String::strip)
                  .filter(item -> !item.isEmpty())
                  .map(SettingType::path)
                  .toList());
  static final SettingType<BlobPlace> BLOB_PLACE =
      shown(
          "file or S3 URL",
          "a file: URL, an absolute path, or s3://<bucket>[/<prefix>] with the optional parameters"
              + " endpoint=<URL>, region=<name> and path-style=<true or false>",
          BlobPlace::parse);
  static final SettingType<String> ENCRYPTION =
      shown("encryption", "AES256, aws:kms or aws:kms:dsse", SettingType::encryption);
  static final SettingType<String> STORAGE_CLASS =
      shown("storage class", "capital letters, digits and '_'", SettingType::storageClass);
  static final SettingType<String> STORE_DIR =
      shown("absolute path", "an absolute path without a trailing slash", SettingType::storeDir);
  static final SettingType<String> JDBC_URL =
      new SettingType<>(
          "JDBC URL",
          "jdbc:sqlite:<file> or jdbc:postgresql://<host>/<database>",
          Exposure.SECRET,
          SettingType::jdbcUrl);
  static final SettingType<Boolean> BOOLEAN =
      shown("true or false", "true or false", SettingType::truth);
  static final SettingType<Integer> PORT =
      shown("port", "0 (any free port) to 65535", text -> number(text, 0, HIGHEST_PORT));
  static final SettingType<Integer> FIXED_PORT =
      shown("port", "1 to 65535", text -> number(text, 1, HIGHEST_PORT));
  static final SettingType<ClusterDiscovery> CLUSTER_DISCOVERY =
      shown(
          "discovery",
          "database, dns:<name>, or static:<host>[:<port>],...",
          ClusterDiscovery::parse);
  static final SettingType<Integer> NUMBER =
      shown("number", "an integer, 0 or greater", text -> number(text, 0, Integer.MAX_VALUE));
  static final SettingType<Integer> COUNT =
      shown("count", "an integer, 1 or greater", text -> number(text, 1, Integer.MAX_VALUE));
  static final SettingType<Double> FRACTION =
      shown("fraction", "a number from 0 to 1, such as 0.5", SettingType::fraction);
  static final SettingType<OptionalInt> ZSTD_LEVEL =
      shown("level or off", "an integer from 1 to 22, or off", SettingType::zstdLevel);
  static final SettingType<Boolean> KEEPS_UNAVAILABLE =
      shown("unavailable or nothing", "unavailable or nothing", SettingType::keepsUnavailable);
  static final SettingType<Duration> DURATION_OR_ZERO =
      shown(
          "duration",
          "a duration such as 0s, 200ms, 30s, 5m, 24h, 1d or PT30S, at most 3650d",
          text -> duration(text, Duration.ZERO));
  static final SettingType<Duration> POSITIVE_DURATION =
      shown(
          "duration above 0",
          "a duration above 0 such as 200ms, 30s, 5m, 24h, 1d or PT30S, at most 3650d",
          text -> duration(text, Duration.ofMillis(1)));
  static final SettingType<Optional<Duration>> DURATION_OR_OFF =
      shown(
          "duration or off",
          "off, or a duration above 0 such as 30s, 24h, 30d or PT30S, at most 3650d",
          text ->
              text.equals("off")
                  ? Optional.empty()
                  : Optional.of(duration(text, Duration.ofMillis(1))));
  static final SettingType<Long> BYTES =
      shown("size", "bytes, or a size such as 512KiB, 2GiB or 2GB", Amounts::parseBytes);
  static final SettingType<List<HttpUrl>> UPSTREAMS =
      new SettingType<>(
          "list of URLs",
          "http:// or https:// URLs separated by commas or blanks, each of them once",
          Exposure.SECRET,
          SettingType::addresses);
  static final SettingType<HttpUrl> ADDRESS =
      new SettingType<>("URL", "an http:// or https:// URL", Exposure.SECRET, HttpUrl::parse);
  static final SettingType<Map<String, String>> HEADERS =
      new SettingType<>(
          "secret list of headers",
          "<name>=<value> separated by commas",
          Exposure.SECRET,
          MetricsSettings::headers);
  static final SettingType<Settings.Proxy> PROXY =
      new SettingType<>(
          "proxy URL",
          "http://[<user>:<password>@]<host>:<port>, or direct for no proxy",
          Exposure.SECRET,
          SettingType::proxy);
  static final SettingType<HostPatterns> HOSTS =
      shown(
          "list of hosts",
          "names, *.<domain>, addresses and networks such as 10.0.0.0/8, separated by commas or"
              + " blanks",
          text -> HostPatterns.parse(items(text)));
  static final SettingType<List<PublicKey>> PUBLIC_KEYS =
      shown(
          "list of public keys",
          "keys <name>:<base64 of 32 bytes> separated by commas or blanks",
          text -> items(text).stream().map(PublicKey::parse).toList());
  static final SettingType<List<AccessToken>> TOKENS =
      new SettingType<>(
          "secret list of tokens",
          "tokens of 16 or more visible ASCII characters, separated by commas or blanks",
          Exposure.SECRET,
          SettingType::tokens);
  static final SettingType<Set<String>> SCOPES =
      shown(
          "list of scopes",
          "metrics, read, write and admin, separated by commas",
          SettingType::scopes);
  static final SettingType<String> CDC_MODE =
      shown("CDC mode", "off, lazy or eager", SettingType::cdcMode);
  static final SettingType<LogSettings.Level> LOG_LEVEL =
      shown(
          "log level",
          "error, warning, info, access or debug",
          text -> constant(LogSettings.Level.class, text));
  static final SettingType<LogSettings.Format> LOG_FORMAT =
      shown("log format", "text or json", text -> constant(LogSettings.Format.class, text));
  static final SettingType<Compression> ADVERTISED =
      shown("none or zstd", "none or zstd", SettingType::advertised);

  /** Whether messages may contain a value. */
  private enum Exposure {
    SHOWN,
    SECRET
  }

  private final String name;
  private final String allowed;
  private final Exposure exposure;
  private final Function<String, T> parser;

  private SettingType(String name, String allowed, Exposure exposure, Function<String, T> parser) {
    this.name = name;
    this.allowed = allowed;
    this.exposure = exposure;
    this.parser = parser;
  }

  /** Returns the name of the type for the documentation. */
  public String name() {
    return name;
  }

  /** Returns a description of the allowed values, for documentation and messages. */
  public String allowed() {
    return allowed;
  }

  /** Returns whether a value is or may contain a secret, so that no message may contain it. */
  public boolean isSecret() {
    return exposure == Exposure.SECRET;
  }

  /**
   * Parses the text of a value; ignores white space around it.
   *
   * @throws IllegalArgumentException if the value isn't allowed; the message never contains a
   *     secret
   */
  T parse(String text) {
    return parser.apply(text.strip());
  }

  private static <T> SettingType<T> shown(String name, String allowed, Function<String, T> parser) {
    return new SettingType<>(name, allowed, Exposure.SHOWN, parser);
  }

  private static <T extends Enum<T>> T constant(Class<T> type, String text) {
    for (T value : type.getEnumConstants()) {
      if (value.name().equalsIgnoreCase(text)) {
        return value;
      }
    }
    throw new IllegalArgumentException("not one of these values");
  }

  private static String hostName(String text) {
    if (!HOST_NAME.matcher(text).matches()) {
      throw new IllegalArgumentException("not a host name");
    }
    return text;
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("not a path");
    }
  }

  private static String encryption(String text) {
    if (!ENCRYPTIONS.contains(text)) {
      throw new IllegalArgumentException("not a kind of server-side encryption");
    }
    return text;
  }

  private static String storageClass(String text) {
    if (!CLASS_NAME.matcher(text).matches()) {
      throw new IllegalArgumentException("not a storage class");
    }
    return text;
  }

  private static String storeDir(String text) {
    boolean clean = text.startsWith("/") && !text.endsWith("/") && !text.contains("//");
    if (!clean || text.chars().anyMatch(c -> c <= ' ')) {
      throw new IllegalArgumentException("not a store directory");
    }
    return text;
  }

  private static String jdbcUrl(String text) {
    if (!text.startsWith("jdbc:sqlite:") && !text.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException("neither SQLite nor PostgreSQL");
    }
    return text;
  }

  private static Boolean truth(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither true nor false");
    };
  }

  private static double fraction(String text) {
    if (!FRACTION_TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException("not a number from 0 to 1");
    }
    return Double.parseDouble(text);
  }

  private static OptionalInt zstdLevel(String text) {
    return text.equals("off")
        ? OptionalInt.empty()
        : OptionalInt.of(number(text, 1, HIGHEST_ZSTD_LEVEL));
  }

  private static Boolean keepsUnavailable(String text) {
    return switch (text) {
      case "unavailable" -> true;
      case "nothing" -> false;
      default -> throw new IllegalArgumentException("neither unavailable nor nothing");
    };
  }

  private static Integer number(String text, int least, int most) {
    int value;
    try {
      value = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not an integer");
    }
    if (value < least || value > most) {
      throw new IllegalArgumentException("out of range");
    }
    return value;
  }

  private static Duration duration(String text, Duration least) {
    Duration value = Amounts.parseDuration(text);
    if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("out of range");
    }
    return value;
  }

  private static List<HttpUrl> addresses(String text) {
    List<HttpUrl> urls = new ArrayList<>();
    List<String> places = new ArrayList<>();
    List<String> items = items(text);
    for (int i = 0; i < items.size(); i++) {
      try {
        urls.add(UpstreamUrl.parse(items.get(i)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("number " + (i + 1) + " " + e.getMessage());
      }
      String place = UpstreamUrl.place(urls.get(i));
      if (places.contains(place)) {
        throw new IllegalArgumentException(place + " is listed twice");
      }
      places.add(place);
    }
    return List.copyOf(urls);
  }

  private static Settings.Proxy proxy(String text) {
    if (text.equals("direct")) {
      return new Settings.Proxy(null);
    }
    HttpUrl proxy = HttpUrl.parse(text);
    if (!proxy.scheme().equals("http")) {
      throw new IllegalArgumentException("not an http:// URL");
    }
    return new Settings.Proxy(proxy);
  }

  private static List<String> items(String text) {
    return Pattern.compile("[,\\s]+").splitAsStream(text).filter(item -> !item.isEmpty()).toList();
  }

  private static List<AccessToken> tokens(String text) {
    List<AccessToken> tokens = new ArrayList<>();
    for (String item : items(text)) {
      try {
        tokens.add(AccessToken.parse(item));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("number " + (tokens.size() + 1) + ": " + e.getMessage());
      }
    }
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("contains no token");
    }
    return List.copyOf(tokens);
  }

  private static Set<String> scopes(String text) {
    Set<String> scopes = new HashSet<>();
    for (String item : items(text)) {
      String scope = item.toLowerCase(Locale.ROOT);
      if (!AccessSettings.SCOPES.contains(scope)) {
        throw new IllegalArgumentException("unknown scope");
      }
      scopes.add(scope);
    }
    return Set.copyOf(scopes);
  }

  private static String cdcMode(String text) {
    String mode = text.toLowerCase(Locale.ROOT);
    if (!CdcSettings.MODES.contains(mode)) {
      throw new IllegalArgumentException("not a CDC mode");
    }
    return mode;
  }

  private static Compression advertised(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "none" -> Compression.NONE;
      case "zstd" -> Compression.ZSTD;
      default -> throw new IllegalArgumentException("chunks are no file of that compression");
    };
  }
}
