package narthex.nix;

import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A narinfo: how a binary cache describes one store path. Immutable.
 *
 * <p>{@code parse(x).print()} equals {@code x} for every narinfo that Nix itself writes. Source:
 * Nix, {@code src/libstore/nar-info.cc} and {@code path-info.cc}.
 *
 * @param storePath the described store path
 * @param file the NAR file that the cache offers
 * @param nar NarHash and NarSize
 * @param references base names of the store paths that the NAR refers to, in their original order
 * @param deriver base name of the derivation that built the path; null if unknown
 * @param signatures the signatures in their original order
 * @param ca the content address in Nix's notation; null if the path isn't content-addressed
 */
public record NarInfo(
    StorePath storePath,
    NarFile file,
    NarId nar,
    List<String> references,
    @Nullable String deriver,
    List<Signature> signatures,
    @Nullable String ca) {

  /** Initial capacity, in characters, for all lines but references and signatures. */
  private static final int PRINT_BASE = 640;

  private static final int PRINT_REFERENCE = 64;
  private static final int PRINT_SIGNATURE = 128;

  /**
   * Checks references, deriver and CA, and copies the lists.
   *
   * @throws NixFormatException if a reference or the deriver is not the base name of a store path,
   *     or the CA is empty or has control characters
   */
  public NarInfo {
    references = List.copyOf(references);
    for (String reference : references) {
      if (!StorePath.isBaseName(reference)) {
        throw new NixFormatException("not a reference: '" + reference + "'");
      }
    }
    if (deriver != null && !StorePath.isBaseName(deriver)) {
      throw new NixFormatException("not a deriver: '" + deriver + "'");
    }
    signatures = List.copyOf(signatures);
    if (ca != null) {
      checkLine("CA", ca);
    }
  }

  /**
   * Parses a narinfo. Accepts the same texts as Nix, with the same meaning:
   *
   * <ul>
   *   <li>Each line is {@code Key: value} and ends with a newline. The space may be any character.
   *   <li>StorePath, URL, NarHash and NarSize are required.
   *   <li>If a key occurs more than once, the last line counts. References and CA may have only one
   *       line with a value.
   *   <li>A missing or empty Compression means bzip2.
   * </ul>
   *
   * <p>Ignores unknown keys, malformed signatures, and a malformed FileHash or FileSize. The caller
   * limits the length of the text.
   *
   * @throws NixFormatException if the text is not a narinfo
   */
  public static NarInfo parse(String text) {
    return new NarInfoParser(text).parse();
  }

  /** The text of this narinfo, with the fields in the order of Nix. */
  public String print() {
    StringBuilder text =
        new StringBuilder(
            PRINT_BASE + references.size() * PRINT_REFERENCE + signatures.size() * PRINT_SIGNATURE);
    text.append("StorePath: ").append(storePath.storeDir()).append('/');
    text.append(storePath.hash().text()).append('-').append(storePath.name());
    text.append("\nURL: ").append(file.url());
    text.append("\nCompression: ").append(file.compression().nixName());
    Sha256 fileHash = file.hash();
    if (fileHash != null) {
      text.append("\nFileHash: sha256:").append(fileHash.nix32());
    }
    Long fileSize = file.sizeBytes();
    if (fileSize != null) {
      text.append("\nFileSize: ").append(fileSize.longValue());
    }
    text.append("\nNarHash: sha256:").append(nar.hash().nix32());
    text.append("\nNarSize: ").append(nar.sizeBytes());
    text.append("\nReferences: ");
    for (int i = 0; i < references.size(); i++) {
      if (i > 0) {
        text.append(' ');
      }
      text.append(references.get(i));
    }
    if (deriver != null) {
      text.append("\nDeriver: ").append(deriver);
    }
    for (Signature signature : signatures) {
      text.append("\nSig: ").append(signature.print());
    }
    if (ca != null) {
      text.append("\nCA: ").append(ca);
    }
    return text.append('\n').toString();
  }

  /**
   * The text that signatures cover: {@code 1;<store path>;<NarHash>;<NarSize>;<references>}. The
   * references are full paths, sorted, without duplicates, and separated by commas. Source: Nix,
   * {@code ValidPathInfo::fingerprint}.
   */
  public String fingerprint() {
    StringBuilder text = new StringBuilder(PRINT_BASE + references.size() * PRINT_REFERENCE);
    text.append("1;").append(storePath.storeDir()).append('/');
    text.append(storePath.hash().text()).append('-').append(storePath.name());
    text.append(";sha256:").append(nar.hash().nix32());
    text.append(';').append(nar.sizeBytes()).append(';');
    char separator = 0;
    for (String reference : sortedReferences()) {
      if (separator != 0) {
        text.append(separator);
      }
      text.append(storePath.storeDir()).append('/').append(reference);
      separator = ',';
    }
    return text.toString();
  }

  /** Whether at least one signature is valid for one of these keys. */
  public boolean isSignedBy(List<PublicKey> keys) {
    String fingerprint = fingerprint();
    return signatures.stream()
        .anyMatch(signature -> keys.stream().anyMatch(key -> key.verify(fingerprint, signature)));
  }

  /** Returns a copy with another NAR file. */
  public NarInfo withFile(NarFile otherFile) {
    return new NarInfo(storePath, otherFile, nar, references, deriver, signatures, ca);
  }

  /** Returns a copy with other signatures. */
  public NarInfo withSignatures(List<Signature> otherSignatures) {
    return new NarInfo(storePath, file, nar, references, deriver, otherSignatures, ca);
  }

  /**
   * Checks that a value can stand on one line of a narinfo.
   *
   * @param what the name of the value for the exception's message
   * @throws NixFormatException if the value is empty or has a control character
   */
  static void checkLine(String what, String value) {
    if (value.isEmpty()) {
      throw new NixFormatException(what + " is empty");
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c == 127) {
        throw new NixFormatException(what + " has a control character: '" + value + "'");
      }
    }
  }

  private Iterable<String> sortedReferences() {
    for (int i = 1; i < references.size(); i++) {
      if (references.get(i - 1).compareTo(references.get(i)) >= 0) {
        return new TreeSet<>(references);
      }
    }
    return references;
  }
}
