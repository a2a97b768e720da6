package narthex.db;

import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import narthex.nix.Sha256;

/**
 * Blob keys of whole NAR files: {@code nar/<two letters>/<hash>-<random>}. The hash is the NarHash,
 * or in older data the FileHash; it leads from the blob to the row that may refer to it. The random
 * part makes every key unique, so that two writers of one NAR never use the same key.
 */
public final class WholeFileKey {
  private static final String FOLDER = "nar/";

  private static final Pattern KEY = Pattern.compile(FOLDER + "[^/]+/([0-9a-z]{52})-[0-9a-f-]{36}");

  private WholeFileKey() {}

  /** Creates a new, unique key for a file of this NAR. */
  public static String create(Sha256 narHash) {
    String name = narHash.nix32();
    String random = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    return FOLDER + name.substring(0, 2) + "/" + name + "-" + random;
  }

  /** Whether this is the key of a whole file, but without a hash that leads to its row. */
  static boolean hasNoHash(String key) {
    return key.startsWith(FOLDER) && hash(key).isEmpty();
  }

  /** The NarHash or FileHash in a key, in nix32; empty if the key has none. */
  static Optional<String> hash(String key) {
    Matcher matcher = KEY.matcher(key);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
