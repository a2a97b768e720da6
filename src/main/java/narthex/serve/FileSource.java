package narthex.serve;

import java.nio.file.Path;
import java.util.Optional;
import narthex.blob.StoredManifest;
import narthex.nix.Compression;

/** A stored NAR file, sent unchanged. */
final class FileSource extends ManifestSource {
  private final StoredManifest manifest;

  FileSource(StoredManifest manifest, Compression compression, String entityTag) {
    super(manifest, compression, entityTag);
    this.manifest = manifest;
  }

  @Override
  public Optional<Path> localFile() {
    return manifest.localFile();
  }
}
