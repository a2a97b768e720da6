package narthex.settings;

/** The settings for the database and the blob store. */
public final class StorageSettings {
  /** JDBC URL of the database. */
  public static final Setting<String> DATABASE_URL =
      new Setting<>(
          "narthex.database.url",
          SettingType.JDBC_URL,
          "jdbc:sqlite:<data-dir>/narthex.db",
          "JDBC URL of the database, SQLite or PostgreSQL");

  static final Setting<String> DATABASE_USER =
      new Setting<>("narthex.database.user", SettingType.TEXT, "", "database user");
  static final Setting<String> DATABASE_PASSWORD =
      new Setting<>(
          "narthex.database.password", SettingType.SECRET, "", "password of the database user");

  /** JNDI name of a data source of the application server. */
  public static final Setting<String> DATABASE_JNDI =
      new Setting<>(
          "narthex.database.jndi",
          SettingType.TEXT,
          "",
          "JNDI name of a data source of the application server, used instead of"
              + " narthex.database.url");

  /** Directory or bucket of the blob store. */
  public static final Setting<BlobPlace> BLOB_URL =
      new Setting<>(
          "narthex.blob.url",
          SettingType.BLOB_PLACE,
          "file:<data-dir>/blobs",
          "where the bytes of NARs are stored");

  /** Target pack size, in bytes. */
  public static final Setting<Long> BLOB_PART_SIZE =
      new Setting<>(
          "narthex.blob.part-size", SettingType.BYTES, "8MiB", "target size of a pack of chunks");

  static final Setting<Long> NAR_CACHE_SIZE =
      new Setting<>(
          "narthex.nar-cache-size",
          SettingType.BYTES,
          "1GiB",
          "local disk space for NARs that are downloaded often, as files in the form in which"
              + " clients ask for them; 0 for none");

  private StorageSettings() {}
}
