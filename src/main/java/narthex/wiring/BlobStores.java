package narthex.wiring;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import narthex.blob.BlobStore;
import narthex.blob.CachedBlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.S3Access;
import narthex.blob.S3Address;
import narthex.blob.S3BlobStore;
import narthex.settings.BlobPlace;
import narthex.settings.BucketSettings;
import narthex.settings.ServerSettings;
import narthex.settings.Setting;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.StorageSettings;
import org.jspecify.annotations.Nullable;

/** Opens the blob store that the settings name. */
final class BlobStores {
  private static final System.Logger LOG = System.getLogger(BlobStores.class.getName());

  /** Folder for local files, below the data directory. */
  private static final String SPOOLS = "spool";

  /** Folder for copies of blobs, below the data directory. */
  private static final String COPIES = "blob-cache";

  private BlobStores() {}

  /**
   * Opens the store; the caller closes it.
   *
   * @param transfers runs the transfers of a bucket, each at once
   * @throws SettingsException if it can't be used; the message says why in one line
   */
  static BlobStore open(Settings.Storage storage, Executor transfers) {
    String setting = StorageSettings.BLOB_URL.name();
    if (storage.blobs() instanceof BlobPlace.Bucket bucket) {
      S3Access access = access(storage.bucket());
      Path spools = spools(storage);
      S3BlobStore store =
          Opening.of(setting, () -> S3BlobStore.open(address(bucket), access, spools));
      return storage.bucket().cacheBytes() == 0 ? store : cached(store, storage, transfers);
    }
    Path root = ((BlobPlace.Directory) storage.blobs()).root();
    return Opening.of(setting, () -> DirectoryBlobStore.open(root));
  }

  /**
   * Returns the free bytes of the file system of a directory; empty for a bucket.
   *
   * @throws IOException if that can't be found out
   */
  static OptionalLong freeBytes(BlobPlace blobs) throws IOException {
    return blobs instanceof BlobPlace.Directory directory
        ? OptionalLong.of(Files.getFileStore(directory.root()).getUsableSpace())
        : OptionalLong.empty();
  }

  /** Returns the folder for local files of stores that aren't directories. */
  static Path spools(Settings.Storage storage) {
    return storage.dataDir().resolve(SPOOLS);
  }

  private static BlobStore cached(S3BlobStore store, Settings.Storage storage, Executor transfers) {
    Path copies = storage.dataDir().resolve(COPIES);
    long bytes = storage.bucket().cacheBytes();
    try {
      return Opening.of(
          ServerSettings.DATA_DIR.name(),
          () -> CachedBlobStore.open(store, copies, bytes, transfers));
    } catch (RuntimeException e) {
      closeQuietly(store);
      throw e;
    }
  }

  private static void closeQuietly(BlobStore store) {
    try {
      store.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "blob store not closed", e);
    }
  }

  static S3Address address(BlobPlace.Bucket bucket) {
    return new S3Address(
        bucket.name(),
        bucket.prefix(),
        bucket.endpoint(),
        bucket.region(),
        bucket.pathStyle() ? S3Address.Style.PATH : S3Address.Style.VIRTUAL_HOST);
  }

  static S3Access access(BucketSettings settings) {
    BucketSettings.Limits limits = settings.limits();
    BucketSettings.Objects objects = settings.objects();
    return new S3Access(
        settings.keys().areGiven() ? keys(settings.keys()) : null,
        new S3Access.Limits(limits.connect(), limits.read(), limits.retryWithin()),
        new S3Access.Objects(objects.encryption(), objects.kmsKey(), objects.storageClass()));
  }

  private static S3Access.Keys keys(BucketSettings.Keys keys) {
    return new S3Access.Keys(
        key(keys.accessKey(), keys.accessKeyFile(), BucketSettings.ACCESS_KEY_FILE),
        key(keys.secretKey(), keys.secretKeyFile(), BucketSettings.SECRET_KEY_FILE));
  }

  private static String key(@Nullable String text, @Nullable Path file, Setting<Path> setting) {
    if (text != null) {
      return text;
    }
    if (file == null) {
      throw new IllegalArgumentException("neither a key nor a file");
    }
    String read = Opening.of(setting.name(), () -> read(file));
    if (read.isEmpty()) {
      throw new SettingsException(setting.name(), null, file + " is empty");
    }
    return read;
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8).strip();
  }
}
