package narthex.e2e;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.SecretKey;
import narthex.nix.Sha256;
import narthex.nix.StorePath;
import narthex.testing.NarTree;

/** Writes NARs and signed narinfos into a folder that Nix reads as a {@code file://} store. */
final class RawStore {
  private static final int PATH_HASH_BYTES = 20;

  private final Path folder;
  private final SecretKey key;

  RawStore(Path folder, SecretKey key) throws IOException {
    this.folder = folder;
    this.key = key;
    Files.createDirectories(folder.resolve("nar"));
    Files.writeString(folder.resolve("nix-cache-info"), "StoreDir: /nix/store\n");
  }

  /** The store path of this name, always the same. */
  static String path(String name) {
    byte[] digest = sha256().digest(("content of " + name).getBytes(StandardCharsets.UTF_8));
    return "/nix/store/" + Nix32.encode(Arrays.copyOf(digest, PATH_HASH_BYTES)) + "-" + name;
  }

  /** Adds a path with references, possibly to itself, and returns its NarHash. */
  Sha256 add(String path, NarTree tree, Collection<String> references) throws IOException {
    Path file = Files.createTempFile(folder, "nar", ".part");
    MessageDigest digest = sha256();
    try (OutputStream out =
        new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), digest)) {
      tree.writeNar(out);
    }
    Sha256 hash = Sha256.of(digest.digest());
    long size = Files.size(file);
    String url = "nar/" + hash.nix32() + ".nar";
    Files.move(file, folder.resolve(url), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    StorePath storePath = StorePath.parse(path);
    List<String> names =
        references.stream().map(r -> StorePath.parse(r).baseName()).sorted().toList();
    String deriver = RawStore.path(storePath.name() + ".drv");
    NarInfo narInfo =
        new NarInfo(
            storePath,
            new NarFile(url, Compression.NONE, hash, size),
            new NarId(hash, size),
            names,
            StorePath.parse(deriver).baseName(),
            List.of(),
            null);
    Files.writeString(
        folder.resolve(storePath.hash().text() + ".narinfo"),
        narInfo.withSignatures(Stream.of(key.sign(narInfo.fingerprint())).toList()).print());
    return hash;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
