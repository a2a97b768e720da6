package narthex.blob;

import java.io.IOException;

/** A blob that a row refers to is surely not there, or is shorter than the row says. */
public final class BlobLostException extends IOException {
  private static final long serialVersionUID = 1L;
  private final String key;

  /**
   * @param key the blob's key
   * @param reason what was found instead
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
