package narthex.standalone;

import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the database of a Nix store says about a valid path.
 *
 * @param storeDir such as {@code /nix/store}
 * @param baseName {@code <hash>-<name>}
 * @param narHash NarHash in nix32, without a prefix
 * @param narSize NarSize in bytes
 * @param references base names of the paths that it refers to
 * @param deriver base name of its derivation; null if unknown
 * @param signatures {@code name:base64}
 * @param ca content address in Nix's notation; null if it has none
 */
record PathInfo(
    String storeDir,
    String baseName,
    String narHash,
    long narSize,
    List<String> references,
    @Nullable String deriver,
    List<String> signatures,
    @Nullable String ca) {
  private static final int HASH_LENGTH = 32;

  /** Copies the lists, and checks the base name. */
  PathInfo {
    references = List.copyOf(references);
    signatures = List.copyOf(signatures);
    Objects.checkFromToIndex(0, HASH_LENGTH, baseName.length());
  }

  /** The full store path. */
  String path() {
    return storeDir + "/" + baseName;
  }

  /** The 32 characters that name the narinfo. */
  String hash() {
    return baseName.substring(0, HASH_LENGTH);
  }

  /** The text that signatures cover. */
  String fingerprint() {
    String all =
        new TreeSet<>(references)
            .stream().map(name -> storeDir + "/" + name).collect(Collectors.joining(","));
    return "1;" + path() + ";sha256:" + narHash + ";" + narSize + ";" + all;
  }

  /**
   * The narinfo to upload. Its NAR has its NarHash as name: the server knows every NAR by that,
   * however it was sent.
   *
   * @param more signatures beside those of the store
   */
  String narInfo(List<String> more) {
    StringBuilder text = new StringBuilder();
    text.append("StorePath: ").append(path()).append('\n');
    text.append("URL: nar/").append(narHash).append(".nar\n");
    text.append("Compression: none\n");
    text.append("NarHash: sha256:").append(narHash).append('\n');
    text.append("NarSize: ").append(narSize).append('\n');
    text.append("References: ").append(String.join(" ", references)).append('\n');
    if (deriver != null) {
      text.append("Deriver: ").append(deriver).append('\n');
    }
    for (List<String> some : List.of(signatures, more)) {
      some.forEach(signature -> text.append("Sig: ").append(signature).append('\n'));
    }
    if (ca != null) {
      text.append("CA: ").append(ca).append('\n');
    }
    return text.toString();
  }
}
