package narthex.wiring;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.S3Access;
import narthex.blob.S3BlobStore;
import narthex.maintain.MigrateJob;
import narthex.settings.BlobPlace;
import narthex.settings.Settings;
import org.jspecify.annotations.Nullable;

/** Opens blob stores that a migration copies to, with the settings of the present one. */
final class BlobTargets implements MigrateJob.Targets {
  private final Settings.Storage storage;

  BlobTargets(Settings.Storage storage) {
    this.storage = storage;
  }

  @Override
  public Opener parse(String url, @Nullable String keysFile) {
    BlobPlace place = BlobPlace.parse(url);
    if (place.equals(storage.blobs())) {
      throw new IllegalArgumentException("is the present blob store");
    }
    Path keys = keysFile == null ? null : Path.of(keysFile);
    return place instanceof BlobPlace.Bucket bucket
        ? () ->
            S3BlobStore.open(BlobStores.address(bucket), access(keys), BlobStores.spools(storage))
        : () -> DirectoryBlobStore.open(((BlobPlace.Directory) place).root());
  }

  private S3Access access(@Nullable Path keysFile) throws IOException {
    S3Access usual = BlobStores.access(storage.bucket());
    return keysFile == null ? usual : new S3Access(read(keysFile), usual.limits(), usual.objects());
  }

  /** Reads a file with the lines {@code access-key=…} and {@code secret-key=…}. */
  private static S3Access.Keys read(Path file) throws IOException {
    Properties keys = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      keys.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException("the file with the keys can't be read: " + file, e);
    }
    String accessKey = keys.getProperty("access-key", "").strip();
    String secretKey = keys.getProperty("secret-key", "").strip();
    if (accessKey.isEmpty() || secretKey.isEmpty()) {
      throw new IOException("the file has no access-key or no secret-key: " + file);
    }
    return new S3Access.Keys(accessKey, secretKey);
  }
}
