package narthex.blob;

import java.util.regex.Pattern;

/** Validates blob keys; see {@link BlobStore} for the rule. */
final class BlobKeys {
  private static final Pattern KEY =
      Pattern.compile("[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*");

  private BlobKeys() {}

  /** Whether this is a valid key. */
  static boolean isKey(String key) {
    return KEY.matcher(key).matches();
  }

  /**
   * Returns the key.
   *
   * @throws IllegalArgumentException if it is invalid, for example because it points outside the
   *     store
   */
  static String check(String key) {
    if (!isKey(key)) {
      throw new IllegalArgumentException("not a blob key: " + key);
    }
    return key;
  }
}
