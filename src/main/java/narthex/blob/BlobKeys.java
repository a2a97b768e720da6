package narthex.blob;

import java.util.regex.Pattern;

/** The rule that every blob key follows. */
final class BlobKeys {
  private static final Pattern KEY =
      Pattern.compile("[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*");

  private BlobKeys() {}

  /** Returns the key, or throws IllegalArgumentException if it could leave the store. */
  static String check(String key) {
    if (!KEY.matcher(key).matches()) {
      throw new IllegalArgumentException("not a blob key: " + key);
    }
    return key;
  }
}
