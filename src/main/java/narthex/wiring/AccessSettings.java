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
      tokens("read", "tokens for reading; without one, everyone may read");
  static final Setting<Path> READ_TOKENS_FILE =
      tokenFile("read", "file with more tokens for reading");
  static final Setting<List<AccessToken>> WRITE_TOKENS =
      tokens("write", "tokens for uploading; they also grant reading");
  static final Setting<Path> WRITE_TOKENS_FILE =
      tokenFile("write", "file with more tokens for uploading");
  static final Setting<List<AccessToken>> ADMIN_TOKENS =
      tokens("admin", "tokens for deleting; they also grant uploading and reading");
  static final Setting<Path> ADMIN_TOKENS_FILE =
      tokenFile("admin", "file with more tokens for deleting");
  static final Setting<Set<Scope>> ACCESS_REQUIRED =
      new Setting<>(
          "narthex.access.require",
          SettingType.SCOPES,
          "",
          "scopes that are guarded even without a token; the application server's roles"
              + " narthex-read, narthex-write and narthex-admin grant them");
  static final Setting<Duration> BODY_IDLE_TIMEOUT =
      new Setting<>(
          "narthex.upload.idle-timeout",
          SettingType.POSITIVE_DURATION,
          "60s",
          "how long a client that uploads may send nothing");
  static final Setting<Long> BODY_MIN_RATE =
      new Setting<>(
          "narthex.upload.min-rate",
          SettingType.BYTES,
          "1KiB",
          "minimum upload rate in bytes per second, averaged over"
              + " narthex.upload.idle-timeout; 0 for no minimum");
  static final Setting<Duration> READ_IDLE_TIMEOUT =
      new Setting<>(
          "narthex.download.idle-timeout",
          SettingType.POSITIVE_DURATION,
          "15s",
          "while other requests wait for a thread: longest wait for a client that reads slowly");
  static final Setting<Long> READ_MIN_RATE =
      new Setting<>(
          "narthex.download.min-rate",
          SettingType.BYTES,
          "4KiB",
          "while other requests wait for a thread: minimum rate in bytes per second at which a"
              + " client reads, averaged over narthex.download.idle-timeout; 0 for no minimum");
  static final Setting<Integer> HTTP_THREADS =
      new Setting<>(
          "narthex.http.threads",
          SettingType.COUNT,
          "",
          "number of request threads, of which each kind of work gets a share; set it if the"
              + " application server has other than its default (maxThreads in Tomcat,"
              + " task-max-threads in WildFly)");

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
        text + ", one per line; it is read again when it changes");
  }
}
