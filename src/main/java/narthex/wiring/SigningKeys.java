package narthex.wiring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import narthex.blob.DurableFolders;
import narthex.db.ClusterTable;
import narthex.nix.NixFormatException;
import narthex.nix.SecretKey;
import narthex.settings.Settings;
import narthex.settings.SettingsException;

/** Reads the secret signing keys. Creates the default key at the first start. */
final class SigningKeys {
  private static final System.Logger LOG = System.getLogger(SigningKeys.class.getName());
  private static final String SETTING = "narthex.signing.key-files";
  private static final String SHARED = "signing-key";

  private SigningKeys() {}

  /**
   * Reads the keys, in the order of the files. Creates a missing file if the settings allow it.
   *
   * @throws SettingsException if a file can't be read or created, or contains no key
   */
  static List<SecretKey> load(Settings.Signing settings) {
    List<SecretKey> keys = new ArrayList<>();
    for (Path file : settings.keyFiles()) {
      try {
        if (settings.createMissing() && !Files.exists(file)) {
          create(file, settings.newKeyName());
        }
        keys.add(SecretKey.parse(Files.readString(file, StandardCharsets.UTF_8).strip()));
      } catch (NixFormatException e) {
        throw new SettingsException(
            SETTING, null, file + " holds no secret key (name:base64): " + e.getMessage());
      } catch (IOException | UncheckedIOException e) {
        throw new SettingsException(SETTING, null, "key file cannot be read: " + e);
      }
    }
    return List.copyOf(keys);
  }

  /**
   * Returns the keys of a replica. Unless key files are set, all replicas sign with one key from
   * the database: the default key file of the first replica if there is one, or a new key.
   *
   * @throws SettingsException if a file can't be read, or contains no key
   * @throws IOException if the database can't be read
   */
  static List<SecretKey> ofCluster(Settings.Signing settings, ClusterTable cluster)
      throws IOException {
    if (!settings.createMissing()) {
      return load(settings);
    }
    Optional<String> known = cluster.find(SHARED);
    List<Path> present = settings.keyFiles().stream().filter(Files::exists).toList();
    if (known.isEmpty()) {
      List<SecretKey> own = load(new Settings.Signing(present, false, settings.newKeyName()));
      SecretKey first =
          own.isEmpty()
              ? SecretKey.generate(settings.newKeyName(), new SecureRandom())
              : own.get(0);
      known = Optional.of(cluster.findOrStore(SHARED, first.print()));
      LOG.log(Level.INFO, "signing key of the cluster stored key={0}", first.publicKey().print());
    }
    return List.of(SecretKey.parse(known.get()));
  }

  /**
   * Creates a key file that only its owner can read. Syncs its content to disk before the file gets
   * its name, and then its folder: after a power failure the next start must find this key, not
   * create another one. Keeps a file that another process creates at the same time.
   */
  private static void create(Path file, String name) throws IOException {
    SecretKey key = SecretKey.generate(name, new SecureRandom());
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
    DurableFolders.create(folder);
    FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Path fresh = Files.createTempFile(folder, file.getFileName().toString(), ".new", ownerOnly);
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap((key.print() + "\n").getBytes(StandardCharsets.UTF_8)));
      channel.force(true);
    }
    try {
      Files.createLink(file, fresh);
    } catch (FileAlreadyExistsException madeMeanwhile) {
      DurableFolders.sync(folder);
      return;
    } finally {
      Files.deleteIfExists(fresh);
    }
    DurableFolders.sync(folder);
    LOG.log(Level.INFO, "signing key created file={0} key={1}", file, key.publicKey().print());
  }
}
