package narthex.wiring;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import narthex.web.AccessToken;
import narthex.web.Scope;

/** The rows of the {@link SettingTable} that say who may do what, and how slowly. */
final class AccessSettings {
  static final Setting<List<AccessToken>> READ_TOKENS =
      tokens("read", "tokens for reading; while none is set, reading is open to everybody");
  static final Setting<Path> READ_TOKENS_FILE = tokenFile("read", "more tokens for reading");
  static final Setting<List<AccessToken>> WRITE_TOKENS =
      tokens("write", "tokens for uploading, and for reading too");
  static final Setting<Path> WRITE_TOKENS_FILE = tokenFile("write", "more tokens for uploading");
  static final Setting<List<AccessToken>> ADMIN_TOKENS =
      tokens("admin", "tokens for deleting, and for everything else too");
  static final Setting<Path> ADMIN_TOKENS_FILE = tokenFile("admin", "more tokens for deleting");
  static final Setting<Set<Scope>> ACCESS_REQUIRED =
      new Setting<>(
          "narthex.access.require",
          SettingType.SCOPES,
          "",
          "scopes that are guarded even without a token of theirs, where the roles narthex-read,"
              + " narthex-write and narthex-admin of the application server stand in for tokens");
  static final Setting<Duration> BODY_IDLE_TIMEOUT =
      new Setting<>(
          "narthex.upload.idle-timeout",
          SettingType.POSITIVE_DURATION,
          "60s",
          "how long the next bytes of a request's body may take to come");
  static final Setting<Long> BODY_MIN_RATE =
      new Setting<>(
          "narthex.upload.min-rate",
          SettingType.BYTES,
          "1KiB",
          "bytes per second that a request's body must come with on average, measured over"
              + " narthex.upload.idle-timeout of waiting for it; 0 is any");

  private AccessSettings() {}

  /** Returns the setting that holds the tokens of a scope. */
  static Setting<List<AccessToken>> tokens(Scope scope) {
    return switch (scope) {
      case READ -> READ_TOKENS;
      case WRITE -> WRITE_TOKENS;
      case ADMIN -> ADMIN_TOKENS;
    };
  }

  /** Returns the setting that names the file of more tokens of a scope. */
  static Setting<Path> tokenFile(Scope scope) {
    return switch (scope) {
      case READ -> READ_TOKENS_FILE;
      case WRITE -> WRITE_TOKENS_FILE;
      case ADMIN -> ADMIN_TOKENS_FILE;
    };
  }

  private static Setting<List<AccessToken>> tokens(String scope, String text) {
    return new Setting<>("narthex.token." + scope, SettingType.TOKENS, "", text);
  }

  private static Setting<Path> tokenFile(String scope, String text) {
    return new Setting<>(
        "narthex.token." + scope + "-file",
        SettingType.PATH,
        "",
        text + ", one a line; a changed file is read again without a restart");
  }
}
