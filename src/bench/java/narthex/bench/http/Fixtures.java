package narthex.bench.http;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.List;
import java.util.SplittableRandom;
import narthex.bench.TreeNar;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.nix.Sha256;
import narthex.nix.StorePath;
import narthex.nix.StorePathHash;
import narthex.stream.Encoders;

/** A small binary cache as files: signed narinfos and NARs of one random file each. */
public final class Fixtures {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int STORE_PATH_HASH_BYTES = 20;

  private final Path folder;
  private final SecretKey key = SecretKey.generate("bench-upstream-1", new SecureRandom());
  private final SplittableRandom random = new SplittableRandom(1);

  /** Creates the folder. */
  public Fixtures(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("nar"));
    Files.writeString(
        folder.resolve("nix-cache-info"), "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n");
  }

  /**
   * One store path.
   *
   * @param narInfoPath path of its narinfo
   * @param narPath path of its NAR file
   * @param file hash and length of the NAR file
   * @param nar hash and length of the NAR
   */
  public record Entry(String narInfoPath, String narPath, NarId file, NarId nar) {}

  /** The key that signs the narinfos. */
  public PublicKey publicKey() {
    return key.publicKey();
  }

  /** Deletes the files of a store path. */
  void remove(Entry entry) throws IOException {
    Files.delete(folder.resolve(entry.narPath().substring(1)));
  }

  /** Adds a store path with one file of so many random, incompressible bytes. */
  Entry add(String name, long fileBytes, Compression compression) throws IOException {
    return add(name, out -> writeNar(out, fileBytes), compression);
  }

  /** Writes a NAR. */
  public interface Writer {
    void write(OutputStream out) throws IOException;
  }

  /** Adds a store path. */
  public Entry add(String name, Writer contents, Compression compression) throws IOException {
    Path written = folder.resolve("nar").resolve("new");
    NarId nar;
    NarId file;
    try (Hashing whole =
        new Hashing(new BufferedOutputStream(Files.newOutputStream(written), BUFFER_BYTES))) {
      try (Hashing plain = new Hashing(Encoders.encode(compression, whole))) {
        contents.write(plain);
        nar = plain.id();
      }
      file = whole.id();
    }
    String narPath = "nar/" + new NarFileName(file.hash().nix32(), compression).print();
    Files.move(written, folder.resolve(narPath), StandardCopyOption.REPLACE_EXISTING);
    byte[] path = new byte[STORE_PATH_HASH_BYTES];
    ByteBuffer.wrap(path).putLong(random.nextLong()).putLong(random.nextLong());
    StorePathHash hash = StorePathHash.parse(Nix32.encode(path));
    NarInfo plain =
        new NarInfo(
            new StorePath("/nix/store", hash, name),
            new NarFile(narPath, compression, file.hash(), file.sizeBytes()),
            nar,
            List.of(),
            null,
            List.of(),
            null);
    String narInfoPath = hash.text() + ".narinfo";
    Files.writeString(
        folder.resolve(narInfoPath),
        plain.withSignatures(List.of(key.sign(plain.fingerprint()))).print());
    return new Entry("/" + narInfoPath, "/" + narPath, file, nar);
  }

  /** The NAR of one regular file of random bytes. */
  private void writeNar(OutputStream out, long fileBytes) throws IOException {
    TreeNar.beginFile(fileBytes, out);
    byte[] buffer = new byte[BUFFER_BYTES];
    for (long left = fileBytes; left > 0; left -= buffer.length) {
      random.nextBytes(buffer);
      out.write(buffer, 0, (int) Math.min(buffer.length, left));
    }
    TreeNar.endFile(out);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Hashes and counts the written bytes. */
  private static final class Hashing extends FilterOutputStream {
    private final MessageDigest digest = sha256();
    private long count;

    Hashing(OutputStream out) {
      super(out);
    }

    NarId id() {
      return new NarId(Sha256.of(digest.digest()), count);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      digest.update(bytes, offset, length);
      count += length;
    }
  }
}
