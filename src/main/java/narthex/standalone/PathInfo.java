package narthex.standalone;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.NixFormatException;
import narthex.nix.Sha256;
import narthex.nix.Signature;
import narthex.nix.StorePath;
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
    return toNarInfo(List.of()).fingerprint();
  }

  /**
   * The narinfo to upload. Its NAR has its NarHash as name: the server knows every NAR by that,
   * however it was sent.
   *
   * @param more signatures beside those of the store
   */
  String narInfo(List<String> more) {
    return toNarInfo(more).print();
  }

  private NarInfo toNarInfo(List<String> more) {
    List<Signature> all =
        Stream.of(signatures, more).flatMap(List::stream).flatMap(PathInfo::signature).toList();
    return new NarInfo(
        StorePath.parse(path()),
        new NarFile("nar/" + narHash + ".nar", Compression.NONE, null, null),
        new NarId(Sha256.parseNix32(narHash), narSize),
        references,
        deriver,
        all,
        ca);
  }

  /** Leaves out what isn't a signature, as whoever reads the narinfo does. */
  private static Stream<Signature> signature(String text) {
    try {
      return Stream.of(Signature.parse(text));
    } catch (NixFormatException malformed) {
      return Stream.empty();
    }
  }
}
