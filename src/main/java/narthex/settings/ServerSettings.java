package narthex.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The settings for the server's identity, its listener, its responses and its narinfos. */
public final class ServerSettings {
  /** Path of the configuration file; the only setting that the file itself must not contain. */
  static final Setting<Path> CONFIG_FILE =
      new Setting<>(
          "narthex.config-file",
          SettingType.PATH,
          "",
          "configuration file; it must exist if it is named here. Without this setting, the"
              + " first of these files that exists is read: conf/narthex.properties in Tomcat's"
              + " base directory, narthex.properties in WildFly's configuration directory,"
              + " /etc/narthex/narthex.properties, ./narthex.properties");

  static final Setting<String> HOSTNAME =
      new Setting<>(
          "narthex.hostname",
          SettingType.HOST,
          "<host-name>",
          "name of this binary cache, shown on its page; the signing key that it creates is"
              + " called <name>-1");

  /** Path of the data directory. */
  public static final Setting<Path> DATA_DIR =
      new Setting<>(
          "narthex.data-dir",
          SettingType.PATH,
          "narthex-data",
          "data directory, by default narthex-data-<context> unless the context path is /; relative"
              + " paths, here and in all other settings, start at Tomcat's base directory,"
              + " WildFly's data directory or the working directory");

  static final Setting<Integer> HTTP_PORT =
      new Setting<>(
          "narthex.http.port",
          SettingType.PORT,
          "8080",
          "port to listen on, standalone only; application servers have their own");
  static final Setting<String> HTTP_ADDRESS =
      new Setting<>(
          "narthex.http.address",
          SettingType.TEXT,
          "0.0.0.0",
          "address to listen on, standalone only");
  static final Setting<Integer> HTTP_THREADS =
      new Setting<>(
          "narthex.http.threads",
          SettingType.COUNT,
          "",
          "number of request threads, of which each kind of work gets a share; set it if the"
              + " application server has other than its default (maxThreads in Tomcat,"
              + " task-max-threads in WildFly); the standalone server with Java 24 or newer derives"
              + " it from its memory, else it has 200");
  static final Setting<Integer> HTTP_CONNECTIONS =
      new Setting<>(
          "narthex.http.connections",
          SettingType.COUNT,
          "",
          "most connections at a time, by default as many as memory and open files allow;"
              + " standalone only, application servers have their own");

  static final Setting<Long> HTTP_SEND_BUFFER =
      new Setting<>(
          "narthex.http.send-buffer",
          SettingType.BYTES,
          "",
          "send buffer of a connection in the kernel, by default the system's, which may be"
              + " megabytes; with a small one many slow clients take less memory, but distant"
              + " clients are slower; standalone only");

  static final Setting<Duration> HTTP_STOP_DELAY =
      new Setting<>(
          "narthex.http.stop-delay",
          SettingType.DURATION_OR_ZERO,
          "0s",
          "at a stop, how long /readyz answers 503 before the server closes its port, so that a"
              + " load balancer sends requests elsewhere in time; standalone only");

  /** Nix store directory. */
  public static final Setting<String> STORE_DIR =
      new Setting<>(
          "narthex.store-dir",
          SettingType.STORE_DIR,
          "/nix/store",
          "Nix store directory of all paths; paths of other store directories are not served");

  static final Setting<Boolean> WANT_MASS_QUERY =
      new Setting<>(
          "narthex.cache-info.want-mass-query",
          SettingType.BOOLEAN,
          "true",
          "WantMassQuery in nix-cache-info: whether clients may query many paths at once");
  static final Setting<Integer> PRIORITY =
      new Setting<>(
          "narthex.cache-info.priority",
          SettingType.NUMBER,
          "30",
          "Priority in nix-cache-info: clients ask caches with lower numbers first;"
              + " cache.nixos.org has 40");

  /** Paths of the files with the secret signing keys. */
  public static final Setting<List<Path>> SIGNING_KEY_FILES =
      new Setting<>(
          "narthex.signing.key-files",
          SettingType.PATHS,
          "<data-dir>/signing.key",
          "secret keys that sign narinfos; the default file is created at the first start,"
              + " all others must exist");

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
  static final Setting<Duration> REVALIDATE_AFTER =
      new Setting<>(
          "narthex.narinfo.revalidate-after",
          SettingType.DURATION_OR_ZERO,
          "1d",
          "age after which a narinfo whose NAR is not stored is requested from upstream"
              + " again");
  static final Setting<Long> NARINFO_MEMORY =
      new Setting<>(
          "narthex.narinfo.memory-size",
          SettingType.BYTES,
          "64MiB",
          "memory for recent narinfo answers");
  static final Setting<Duration> MEMORY_TTL =
      new Setting<>(
          "narthex.memory-ttl",
          SettingType.DURATION_OR_ZERO,
          "1m",
          "how long to keep recent narinfo answers and the places of recent NARs in memory; with"
              + " several replicas, the longest time that a replica serves what another one has"
              + " deleted or replaced, if it is not notified");
  static final Setting<Boolean> PREFETCH =
      new Setting<>(
          "narthex.prefetch",
          SettingType.BOOLEAN,
          "false",
          "fetch a NAR as soon as a client asks for its narinfo");

  private ServerSettings() {}
}
