package narthex.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rejects names that aren't in the {@link SettingTable} and suggests a similar one. */
final class UnknownSettings {
  private static final Pattern POSITION_IN_NAME =
      Pattern.compile("(narthex\\.upstream\\.)([1-9][0-9]{0,5})(\\..*)");
  private static final Pattern POSITION_IN_ENVIRONMENT =
      Pattern.compile("(NARTHEX_UPSTREAM_)([1-9][0-9]{0,5})(_.*)");
  private static final String ENVIRONMENT_PREFIX = "NARTHEX_";

  /** The token with which commands ask a server. */
  static final String COMMAND_TOKEN = "NARTHEX_TOKEN";

  /**
   * Variables that Kubernetes sets in every container if a service is called narthex or
   * narthex-something. They aren't settings, so they must not stop the start.
   * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
   */
  private static final Pattern SERVICE_LINK =
      Pattern.compile("NARTHEX_(?:[A-Z0-9_]+_)?SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)");

  private static final Pattern SERVICE_PORT =
      Pattern.compile(
          "NARTHEX_(?:[A-Z0-9_]+_)?PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?");
  private static final Pattern SERVICE_PORT_ALONE = Pattern.compile("NARTHEX_(?:[A-Z0-9_]+_)?PORT");
  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(?:tcp|udp|sctp)://.*");

  /** Maximum edit distance of a suggestion. */
  private static final int SIMILAR = 5;

  private UnknownSettings() {}

  /**
   * Validates property names from one source.
   *
   * @throws SettingsException for the alphabetically first name that is invalid
   */
  static void check(String source, Collection<String> names) {
    for (String name : new TreeSet<>(names)) {
      boolean ofFile = source.startsWith("file ");
      boolean misplaced = ofFile && name.equals(ServerSettings.CONFIG_FILE.name());
      if (misplaced) {
        throw new SettingsException(name, source, "cannot stand in the file itself");
      }
      if (findSetting(name).isEmpty()) {
        throw new SettingsException(name, source, "there is no such setting" + meant(name, false));
      }
    }
  }

  /**
   * Validates the names of environment variables. The caller passes only variables that are
   * {@linkplain #isOurs ours}.
   *
   * @throws SettingsException for the alphabetically first name that is invalid
   */
  static void checkEnvironment(Map<String, String> environment) {
    for (String name : new TreeSet<>(environment.keySet())) {
      if (propertyNameOrNull(name) == null) {
        throw new SettingsException(
            name, "environment", "there is no such setting" + meant(name, true));
      }
    }
  }

  /**
   * Returns whether an environment variable is meant as a setting: its name starts with {@code
   * NARTHEX_} or {@code narthex.}, it isn't the token of the command line, and Kubernetes didn't
   * set it for a service.
   */
  static boolean isOurs(String name, String value) {
    if (name.startsWith("narthex.")) {
      return true;
    }
    if (!name.startsWith(ENVIRONMENT_PREFIX) || name.equals(COMMAND_TOKEN)) {
      return false;
    }
    return propertyNameOrNull(name) != null && !SERVICE_ADDRESS.matcher(value).matches()
        || !isServiceLink(name, value);
  }

  /**
   * Returns the property name for an environment variable, or the variable's own name if it is no
   * setting.
   */
  static String propertyName(String environmentName) {
    String name = propertyNameOrNull(environmentName);
    return name == null ? environmentName : name;
  }

  /**
   * Returns the row of the table for a property name. A name with a position, such as {@code
   * narthex.upstream.2.priority}, finds the row with {@link SettingTable#POSITION}; a name with the
   * placeholder itself finds none.
   */
  static Optional<Setting<?>> findSetting(String name) {
    Matcher matcher = POSITION_IN_NAME.matcher(name);
    String inTable = matcher.matches() ? matcher.replaceFirst("$1<n>$3") : name;
    if (!matcher.matches() && name.contains(SettingTable.POSITION)) {
      return Optional.empty();
    }
    for (Setting<?> setting : SettingTable.all()) {
      if (setting.name().equals(inTable)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the position of the upstream in a property name, counted from 1, or 0 if the name has
   * none.
   */
  static int position(String name) {
    Matcher matcher = POSITION_IN_NAME.matcher(name);
    String digits = matcher.matches() ? matcher.group(2) : null;
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  private static @Nullable String propertyNameOrNull(String environmentName) {
    if (findSetting(environmentName).isPresent()) {
      return environmentName;
    }
    Matcher matcher = POSITION_IN_ENVIRONMENT.matcher(environmentName);
    boolean positional = matcher.matches();
    String inTable = positional ? matcher.replaceFirst("$1<N>$3") : environmentName;
    for (Setting<?> setting : SettingTable.all()) {
      if (setting.environmentName().equals(inTable) && setting.isPositional() == positional) {
        return positional && matcher.matches()
            ? setting.name().replace(SettingTable.POSITION, String.valueOf(matcher.group(2)))
            : setting.name();
      }
    }
    return null;
  }

  private static boolean isServiceLink(String name, String value) {
    if (SERVICE_LINK.matcher(name).matches()) {
      return true;
    }
    // NARTHEX_SOME_PORT could also be a misspelt setting; only the value shows which.
    return SERVICE_PORT_ALONE.matcher(name).matches()
        ? SERVICE_ADDRESS.matcher(value).matches()
        : SERVICE_PORT.matcher(name).matches();
  }

  private static String meant(String name, boolean environment) {
    String wanted = name.toLowerCase(Locale.ROOT).replaceAll("[0-9]+", "<n>");
    return SettingTable.all().stream()
        .map(setting -> environment ? setting.environmentName() : setting.name())
        .min(Comparator.comparingInt(known -> distance(wanted, lower(known))))
        .filter(known -> distance(wanted, lower(known)) <= SIMILAR)
        .map(known -> "; did you mean " + known + "?")
        .orElse("; the known ones are in narthex.properties and --help");
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** Levenshtein distance: the number of letters to insert, delete or replace. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int change = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
