package narthex.settings;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a cluster of replicas. {@link #toString} omits the secret.
 *
 * @param enabled whether this server is one of several replicas
 * @param name the name of the cluster
 * @param host the name of this machine
 * @param bindAddress the address on which the replica listens for others, or {@link #AUTO}
 * @param port the port on which it listens
 * @param discovery how replicas find each other
 * @param expectedMembers how many replicas there should be; 0 if unknown
 * @param secret the secret, or null
 * @param secretFile file with the secret, or null
 */
public record ClusterSettings(
    boolean enabled,
    String name,
    String host,
    String bindAddress,
    int port,
    ClusterDiscovery discovery,
    int expectedMembers,
    @Nullable String secret,
    @Nullable Path secretFile) {

  /** Stands for an address of the machine: a private one if it has one. */
  public static final String AUTO = "auto";

  /** Whether this server is one of several replicas. */
  public static final Setting<Boolean> ENABLED =
      new Setting<>(
          "narthex.cluster.enabled",
          SettingType.BOOLEAN,
          "false",
          "whether this server is one of several replicas, which share a PostgreSQL database and a"
              + " blob store");

  static final Setting<String> NAME =
      new Setting<>(
          "narthex.cluster.name",
          SettingType.HOST,
          "narthex",
          "name of the cluster; replicas with other names do not meet");

  /** Address on which a replica listens for others. */
  public static final Setting<String> BIND_ADDRESS =
      new Setting<>(
          "narthex.cluster.bind-address",
          SettingType.TEXT,
          AUTO,
          "address on which the replica listens for the others: a host name, an address, or auto"
              + " for the first private address of the machine, or a public one if it has no"
              + " private one");

  /** Port on which a replica listens for others. */
  public static final Setting<Integer> PORT =
      new Setting<>(
          "narthex.cluster.port",
          SettingType.FIXED_PORT,
          "7800",
          "port on which the replica listens for the others");

  /** How replicas find each other. */
  public static final Setting<ClusterDiscovery> DISCOVERY =
      new Setting<>(
          "narthex.cluster.discovery",
          SettingType.CLUSTER_DISCOVERY,
          "database",
          "how replicas find each other: in a table of the database, by the addresses of a DNS"
              + " name, or by a list of hosts");

  static final Setting<Integer> EXPECTED_MEMBERS =
      new Setting<>(
          "narthex.cluster.expected-members",
          SettingType.COUNT,
          "",
          "number of replicas that there should be; while there are more or fewer, a warning is"
              + " logged every minute");

  static final Setting<String> SECRET =
      new Setting<>(
          "narthex.cluster.secret",
          SettingType.SECRET,
          "",
          "secret by which the replicas know each other and encrypt what they say; without it,"
              + " the first replica creates one and stores it in the database");

  /** File with the secret. */
  public static final Setting<Path> SECRET_FILE =
      new Setting<>("narthex.cluster.secret-file", SettingType.PATH, "", "file with the secret");

  /**
   * Reads them.
   *
   * @throws SettingsException if the cluster is enabled without a shared database or blob store
   */
  static ClusterSettings read(SettingsReader reader, SettingsSources sources, String host) {
    Integer expected = reader.find(EXPECTED_MEMBERS);
    Path secretFile = reader.find(SECRET_FILE);
    ClusterSettings settings =
        new ClusterSettings(
            value(reader, ENABLED),
            value(reader, NAME),
            host,
            value(reader, BIND_ADDRESS),
            value(reader, PORT),
            value(reader, DISCOVERY),
            expected == null ? 0 : expected,
            reader.find(SECRET),
            secretFile == null ? null : sources.baseDirectory().resolve(secretFile).normalize());
    if (settings.secret != null && secretFile != null) {
      throw reader.problem(SECRET_FILE, "cannot be given together with " + SECRET.name());
    }
    if (settings.enabled) {
      requireShared(reader);
    }
    return settings;
  }

  private static void requireShared(SettingsReader reader) {
    String url = reader.text(StorageSettings.DATABASE_URL);
    boolean isPostgresql = url != null && url.strip().startsWith("jdbc:postgresql:");
    if (!isPostgresql && reader.text(StorageSettings.DATABASE_JNDI) == null) {
      throw reader.problem(
          ENABLED,
          "needs a PostgreSQL database that all replicas share: set "
              + StorageSettings.DATABASE_URL.name()
              + " or "
              + StorageSettings.DATABASE_JNDI.name());
    }
    if (reader.text(StorageSettings.BLOB_URL) == null) {
      throw reader.problem(
          ENABLED,
          "needs a blob store that all replicas share: set " + StorageSettings.BLOB_URL.name());
    }
  }

  private static <T> T value(SettingsReader reader, Setting<T> setting) {
    T given = reader.find(setting);
    return given == null ? reader.parse(setting, setting.defaultText()) : given;
  }

  @Override
  public String toString() {
    return "ClusterSettings[enabled=" + enabled + ", name=" + name + ", port=" + port + "]";
  }
}
