package narthex.blob;

import java.io.IOException;

/** A blob doesn't exist although a row refers to it, or is shorter than the row says. */
public final class BlobLostException extends IOException {
  private static final long serialVersionUID = 1L;
  private final String key;

  /**
   * @param key the blob's key
   * @param reason what is wrong, for the message
   */
  public BlobLostException(String key, String reason) {
    super("blob " + key + " is lost: " + reason);
    this.key = key;
  }

  /** The key of the lost blob. */
  public String key() {
    return key;
  }
}
