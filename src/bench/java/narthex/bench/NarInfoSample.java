package narthex.bench;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.SecretKey;
import narthex.nix.Sha256;
import narthex.nix.StorePath;
import narthex.nix.StorePathHash;

/**
 * A narinfo of typical size, and the key that signed it. The narinfo is the same in every run; the
 * key is not.
 */
final class NarInfoSample {
  /** Typical number of references of a library in nixpkgs. */
  private static final int REFERENCES = 8;

  private static final int STORE_PATH_HASH_BYTES = 20;
  private static final int SHA256_BYTES = 32;

  private final Random random = new Random(1);
  private final SecretKey key = SecretKey.generate("bench-1", new SecureRandom());
  private final NarInfo narInfo = signed();

  NarInfo narInfo() {
    return narInfo;
  }

  SecretKey key() {
    return key;
  }

  /** The first 32 bytes of a key printed as {@code name:base64}: the seed or the public key. */
  static byte[] first32(String printedKey) {
    byte[] bytes = Base64.getDecoder().decode(printedKey.substring(printedKey.indexOf(':') + 1));
    return Arrays.copyOf(bytes, SHA256_BYTES);
  }

  private NarInfo signed() {
    List<String> references = new ArrayList<>();
    for (int i = 0; i < REFERENCES; i++) {
      references.add(
          Nix32.encode(bytes(STORE_PATH_HASH_BYTES)) + "-library-number-" + i + "-1.2.3");
    }
    references.sort(null);
    Sha256 fileHash = Sha256.of(bytes(SHA256_BYTES));
    StorePathHash hash = StorePathHash.parse(Nix32.encode(bytes(STORE_PATH_HASH_BYTES)));
    NarInfo plain =
        new NarInfo(
            new StorePath("/nix/store", hash, "some-program-4.5.6"),
            new NarFile(
                "nar/" + fileHash.nix32() + ".nar.xz", Compression.XZ, fileHash, 1_234_567L),
            new NarId(Sha256.of(bytes(SHA256_BYTES)), 7_654_321L),
            references,
            Nix32.encode(bytes(STORE_PATH_HASH_BYTES)) + "-some-program-4.5.6.drv",
            List.of(),
            null);
    return plain.withSignatures(List.of(key.sign(plain.fingerprint())));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
