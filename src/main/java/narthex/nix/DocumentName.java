package narthex.nix;

/**
 * The name of a document. Documents are the files of a binary cache other than narinfos and NARs:
 * listings, build logs, debug info and build traces. Each document has exactly one name, so a name
 * can serve as a key. Immutable.
 *
 * <p>Source: Nix, {@code src/libstore/binary-cache-store.cc}.
 *
 * @param kind the kind of document
 * @param subject what the document describes; depending on the kind a store path hash, a NarHash,
 *     the base name of a derivation, a build id, or {@code sha256:} and 64 hexadecimal digits
 * @param output the name of the derivation's output; empty unless the kind is {@link
 *     Kind#REALISATION} or {@link Kind#BUILD_TRACE}
 */
public record DocumentName(Kind kind, String subject, String output) {
  private static final String LISTING = ".ls";
  private static final String DERIVATION = ".drv";
  private static final String DEBUG = ".debug";
  private static final String DERIVATION_OUTPUT = ".doi";
  private static final String SHA256 = "sha256:";
  private static final int SHA256_DIGITS = 64;
  private static final int NAR_HASH_LENGTH = 52;

  /** Nix indexes build ids that are SHA-1 hashes only. */
  private static final int BUILD_ID_DIGITS = 40;

  /** Longest path that can be a document name, rounded up. */
  private static final int MAX_LENGTH = 600;

  /** The kinds of documents. */
  public enum Kind {
    /** {@code <hash>.ls}: the listing of a store path's NAR. */
    LISTING(""),
    /** {@code nar/<NarHash>.ls}: the listing that Narthex made of a NAR. For internal use only. */
    NAR_LISTING("nar/"),
    /** {@code log/<derivation>}: the log of a build. */
    LOG("log/"),
    /** {@code debuginfo/<build id>[.debug]}: the location of a program's debug symbols. */
    DEBUG_INFO("debuginfo/"),
    /**
     * {@code realisations/sha256:<hex>!<output>.doi}: the store path of a derivation's output, as
     * Nix up to 2.34 writes it.
     */
    REALISATION("realisations/"),
    /** {@code build-trace-v2/<derivation>/<output>.doi}: the same for Nix 2.35 and later. */
    BUILD_TRACE("build-trace-v2/");

    private final String folder;

    Kind(String folder) {
      this.folder = folder;
    }

    /** The folder of these documents, with the slash at its end; empty for {@link #LISTING}. */
    public String folder() {
      return folder;
    }
  }

  /**
   * Checks that subject and output fit the kind.
   *
   * @throws NixFormatException if they don't
   */
  public DocumentName {
    boolean right =
        switch (kind) {
          case LISTING -> isStorePathHash(subject) && output.isEmpty();
          case NAR_LISTING -> isNarHash(subject) && output.isEmpty();
          case LOG -> isDerivation(subject) && output.isEmpty();
          case DEBUG_INFO -> isBuildId(subject) && output.isEmpty();
          case REALISATION -> isDerivationHash(subject) && StorePath.isName(output, 0);
          case BUILD_TRACE -> isDerivation(subject) && StorePath.isName(output, 0);
        };
    if (!right) {
      throw wrong(print(kind, subject, output));
    }
  }

  /**
   * Parses a path relative to the root of a binary cache.
   *
   * @param path the path after percent-decoding, without a leading slash
   * @throws NixFormatException if the path doesn't name a document
   */
  public static DocumentName parse(String path) {
    if (path.length() > MAX_LENGTH) {
      throw wrong(path);
    }
    Kind kind = kind(path);
    String rest = path.substring(kind.folder.length());
    return switch (kind) {
      case LISTING, NAR_LISTING -> new DocumentName(kind, without(LISTING, rest), "");
      case LOG, DEBUG_INFO -> new DocumentName(kind, rest, "");
      case REALISATION -> split(kind, rest, '!');
      case BUILD_TRACE -> split(kind, rest, '/');
    };
  }

  /** The name of a store path's listing, as clients request it. */
  public static DocumentName listing(StorePathHash hash) {
    return new DocumentName(Kind.LISTING, hash.text(), "");
  }

  /** The name under which Narthex stores the listing of a NAR. */
  public static DocumentName listing(Sha256 narHash) {
    return new DocumentName(Kind.NAR_LISTING, narHash.nix32(), "");
  }

  /** The path relative to the root of a binary cache, not percent-encoded. */
  public String print() {
    return print(kind, subject, output);
  }

  @Override
  public String toString() {
    return print();
  }

  private static String print(Kind kind, String subject, String output) {
    return switch (kind) {
      case LISTING, NAR_LISTING -> kind.folder + subject + LISTING;
      case LOG, DEBUG_INFO -> kind.folder + subject;
      case REALISATION -> kind.folder + subject + '!' + output + DERIVATION_OUTPUT;
      case BUILD_TRACE -> kind.folder + subject + '/' + output + DERIVATION_OUTPUT;
    };
  }

  private static Kind kind(String path) {
    for (Kind kind : Kind.values()) {
      if (!kind.folder.isEmpty() && path.startsWith(kind.folder)) {
        return kind;
      }
    }
    return Kind.LISTING;
  }

  private static DocumentName split(Kind kind, String rest, char separator) {
    String name = without(DERIVATION_OUTPUT, rest);
    int at = name.indexOf(separator);
    if (at < 0) {
      throw wrong(kind.folder + rest);
    }
    return new DocumentName(kind, name.substring(0, at), name.substring(at + 1));
  }

  private static String without(String ending, String text) {
    if (!text.endsWith(ending)) {
      throw wrong(text);
    }
    return text.substring(0, text.length() - ending.length());
  }

  private static boolean isStorePathHash(String text) {
    return text.length() == StorePathHash.LENGTH && Nix32.isNix32(text, 0, StorePathHash.LENGTH);
  }

  private static boolean isNarHash(String text) {
    return text.length() == NAR_HASH_LENGTH && Nix32.isNix32(text, 0, NAR_HASH_LENGTH);
  }

  private static boolean isDerivation(String text) {
    return StorePath.isBaseName(text) && text.endsWith(DERIVATION);
  }

  private static boolean isBuildId(String text) {
    int length = text.endsWith(DEBUG) ? text.length() - DEBUG.length() : text.length();
    return length == BUILD_ID_DIGITS && isBase16(text, 0, length);
  }

  private static boolean isDerivationHash(String text) {
    return text.startsWith(SHA256)
        && text.length() == SHA256.length() + SHA256_DIGITS
        && isBase16(text, SHA256.length(), text.length());
  }

  private static boolean isBase16(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static NixFormatException wrong(String path) {
    return new NixFormatException("not the name of a document: '" + path + "'");
  }
}
