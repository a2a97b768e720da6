package narthex.settings;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import narthex.nix.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * The settings for metrics.
 *
 * @param isPublic whether everyone may read {@code /metrics}
 * @param otlpUrl where to push metrics to by OTLP, or null
 * @param otlpInterval time between two pushes
 * @param otlpHeaders HTTP headers of pushes by name
 */
public record MetricsSettings(
    boolean isPublic,
    @Nullable HttpUrl otlpUrl,
    Duration otlpInterval,
    Map<String, String> otlpHeaders) {
  /** The token of RFC 9110, 5.6.2. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

  static final Setting<Boolean> PUBLIC =
      new Setting<>(
          "narthex.metrics.public",
          SettingType.BOOLEAN,
          "false",
          "whether everyone may read /metrics; else it needs a token for metrics if there is one,"
              + " else one for administration");

  static final Setting<HttpUrl> OTLP_URL =
      new Setting<>(
          "narthex.metrics.otlp.url",
          SettingType.ADDRESS,
          "",
          "where to push metrics to by OTLP over HTTP, such as http://localhost:4318/v1/metrics");

  static final Setting<Duration> OTLP_INTERVAL =
      new Setting<>(
          "narthex.metrics.otlp.interval",
          SettingType.POSITIVE_DURATION,
          "1m",
          "time between two pushes of metrics");

  static final Setting<Map<String, String>> OTLP_HEADERS =
      new Setting<>(
          "narthex.metrics.otlp.headers",
          SettingType.HEADERS,
          "",
          "HTTP headers of pushes of metrics, such as Authorization=Bearer 123");

  /** Copies the headers. */
  public MetricsSettings {
    otlpHeaders = Map.copyOf(otlpHeaders);
  }

  /** Parses headers: names and values, separated by commas. */
  static Map<String, String> headers(String text) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String item : text.split(",", -1)) {
      int sign = item.indexOf('=');
      String name = item.substring(0, Math.max(sign, 0)).strip();
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("not a list of <name>=<value>");
      }
      String value = item.substring(sign + 1).strip();
      if (value.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("a value has a control character");
      }
      headers.put(name, value);
    }
    return Map.copyOf(headers);
  }

  private static <T> T value(SettingsReader reader, Setting<T> setting) {
    T given = reader.find(setting);
    return given == null ? reader.parse(setting, setting.defaultText()) : given;
  }

  static MetricsSettings read(SettingsReader reader) {
    Map<String, String> headers = reader.find(OTLP_HEADERS);
    return new MetricsSettings(
        value(reader, PUBLIC),
        reader.find(OTLP_URL),
        value(reader, OTLP_INTERVAL),
        headers == null ? Map.of() : headers);
  }
}
