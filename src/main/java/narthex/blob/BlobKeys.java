package narthex.blob;

import java.util.regex.Pattern;

/** The rule that every blob key follows. */
final class BlobKeys {
  private static final Pattern KEY =
      Pattern.compile("[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*");

  private BlobKeys() {}

  /** Whether this may be the key of a blob. */
  static boolean isKey(String key) {
    return KEY.matcher(key).matches();
  }

  /** Returns the key, or throws IllegalArgumentException if it could leave the store. */
  static String check(String key) {
    if (!isKey(key)) {
      throw new IllegalArgumentException("not a blob key: " + key);
    }
    return key;
  }
}
