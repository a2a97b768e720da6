package narthex.bench.http;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.List;
import java.util.SplittableRandom;
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
final class Fixtures {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int STORE_PATH_HASH_BYTES = 20;

  private final Path folder;
  private final SecretKey key = SecretKey.generate("bench-upstream-1", new SecureRandom());
  private final SplittableRandom random = new SplittableRandom(1);

  /** Makes the folder. */
  Fixtures(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("nar"));
    Files.writeString(
        folder.resolve("nix-cache-info"), "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n");
  }

  /**
   * One store path.
   *
   * @param narInfoPath where its narinfo is asked for
   * @param narPath where its NAR is asked for
   * @param file hash and length of what is sent then
   */
  record Entry(String narInfoPath, String narPath, NarId file) {}

  PublicKey publicKey() {
    return key.publicKey();
  }

  /** Adds a store path whose only file has so many random bytes: it does not compress. */
  Entry add(String name, long fileBytes, Compression compression) throws IOException {
    Path written = folder.resolve("nar").resolve("new");
    NarId nar;
    NarId file;
    try (Hashing whole =
        new Hashing(new BufferedOutputStream(Files.newOutputStream(written), BUFFER_BYTES))) {
      try (Hashing plain = new Hashing(Encoders.encode(compression, whole))) {
        writeNar(plain, fileBytes);
        nar = plain.id();
      }
      file = whole.id();
    }
    String narPath = "nar/" + new NarFileName(file.hash().nix32(), compression).print();
    Files.move(written, folder.resolve(narPath));
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
    return new Entry("/" + narInfoPath, "/" + narPath, file);
  }

  /** The NAR of one regular file; see the grammar in the Nix manual, "Nix Archive (NAR) format". */
  private void writeNar(OutputStream out, long fileBytes) throws IOException {
    for (String word : List.of("nix-archive-1", "(", "type", "regular", "contents")) {
      writeText(out, word);
    }
    writeNumber(out, fileBytes);
    byte[] buffer = new byte[BUFFER_BYTES];
    ByteBuffer words = ByteBuffer.wrap(buffer);
    for (long left = fileBytes; left > 0; left -= buffer.length) {
      words.clear();
      while (words.hasRemaining()) {
        words.putLong(random.nextLong());
      }
      out.write(buffer, 0, (int) Math.min(buffer.length, left));
    }
    writePadding(out, fileBytes);
    writeText(out, ")");
  }

  private static void writeText(OutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    writeNumber(out, bytes.length);
    out.write(bytes);
    writePadding(out, bytes.length);
  }

  private static void writeNumber(OutputStream out, long number) throws IOException {
    out.write(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
  }

  private static void writePadding(OutputStream out, long length) throws IOException {
    out.write(new byte[(int) (-length & (Long.BYTES - 1))]);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Hashes and counts what is written. */
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
