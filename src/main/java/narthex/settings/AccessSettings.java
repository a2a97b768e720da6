package narthex.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The settings for access control. */
public final class AccessSettings {
  /** The scopes that {@link #ACCESS_REQUIRED} may list. */
  static final Set<String> SCOPES = Set.of("metrics", "read", "write", "admin");

  static final Setting<List<AccessToken>> METRICS_TOKENS =
      tokens("metrics", "tokens for reading /metrics; all others grant that too");

  /** Path of the file with tokens for reading {@code /metrics}. */
  public static final Setting<Path> METRICS_TOKENS_FILE =
      tokenFile("metrics", "file with more tokens for reading /metrics");

  static final Setting<List<AccessToken>> READ_TOKENS =
      tokens("read", "tokens for reading; without one, everyone may read");

  /** Path of the file with tokens for reading. */
  public static final Setting<Path> READ_TOKENS_FILE =
      tokenFile("read", "file with more tokens for reading");

  static final Setting<List<AccessToken>> WRITE_TOKENS =
      tokens("write", "tokens for uploading; they also grant reading");

  /** Path of the file with tokens for uploading. */
  public static final Setting<Path> WRITE_TOKENS_FILE =
      tokenFile("write", "file with more tokens for uploading");

  static final Setting<List<AccessToken>> ADMIN_TOKENS =
      tokens(
          "admin", "tokens for deleting and administration; they also grant uploading and reading");

  /** Path of the file with tokens for deleting and administration. */
  public static final Setting<Path> ADMIN_TOKENS_FILE =
      tokenFile("admin", "file with more tokens for deleting and administration");

  static final Setting<Set<String>> ACCESS_REQUIRED =
      new Setting<>(
          "narthex.access.require",
          SettingType.SCOPES,
          "",
          "scopes that are guarded even without a token; the application server's roles"
              + " narthex-metrics, narthex-read, narthex-write and narthex-admin grant them");

  private AccessSettings() {}

  private static Setting<List<AccessToken>> tokens(String scope, String text) {
    return new Setting<>("narthex.token." + scope, SettingType.TOKENS, "", text);
  }

  private static Setting<Path> tokenFile(String scope, String text) {
    return new Setting<>(
        "narthex.token." + scope + "-file",
        SettingType.PATH,
        "",
        text + ", one per line; it is read again when it changes");
  }
}
