package narthex.serve;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import narthex.db.Database;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;

/**
 * Decides whether a response has a strong entity tag, and with it supports ranges. It has one only
 * if the file name has always meant these bytes. Otherwise a client could resume a download of one
 * file with the bytes of another. Thread-safe.
 */
final class EntityTags {
  private final Database database;

  EntityTags(Database database) {
    this.database = database;
  }

  /** Returns the source with its entity tag under this name of the NAR, or without one. */
  NarSource tagged(Sha256 narHash, NarFileName name, NarSource source) throws IOException {
    return TaggedSource.of(source, of(narHash, name, source.entityTag()));
  }

  /**
   * The entity tag of bytes under a name.
   *
   * @param hash the hash of these bytes, if it is known
   * @return empty if the name may have meant other bytes: it isn't their hash, and the narinfos
   *     that use the name don't all give this hash, or there are none
   */
  Optional<String> of(Sha256 narHash, NarFileName name, Optional<String> hash) throws IOException {
    if (name.compression() == Compression.NONE) {
      return Optional.of(narHash.nix32());
    }
    if (hash.isEmpty() || isNamedBy(name, hash.get())) {
      return hash;
    }
    List<Optional<String>> said =
        database.findNarInfosOf(narHash).stream()
            .filter(row -> row.stem().equals(name.stem()))
            .map(row -> row.said().file())
            .filter(file -> file.compression() == name.compression())
            .map(EntityTags::hash)
            .distinct()
            .toList();
    return said.equals(List.of(hash)) ? hash : Optional.empty();
  }

  private static Optional<String> hash(NarFile file) {
    return Optional.ofNullable(file.hash()).map(Sha256::nix32);
  }

  private static boolean isNamedBy(NarFileName name, String hash) {
    return name.hash().map(Sha256::nix32).equals(Optional.of(hash));
  }
}
