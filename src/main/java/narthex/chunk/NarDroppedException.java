package narthex.chunk;

import java.io.IOException;

/**
 * A stored NAR was evicted, deleted or stored anew while it was read. Nothing is damaged: the bytes
 * that were read are right, and the NAR can be read on from elsewhere.
 */
public final class NarDroppedException extends IOException {
  private static final long serialVersionUID = 1L;
  private final long narOffset;

  /**
   * @param reason what is missing, for the message
   * @param narOffset how many bytes of the NAR were read
   */
  NarDroppedException(String reason, long narOffset) {
    super("the nar was dropped while it was read: " + reason);
    this.narOffset = narOffset;
  }

  private NarDroppedException(NarDroppedException same, long narOffset) {
    super(same.getMessage(), same);
    this.narOffset = narOffset;
  }

  /** Returns the same with another number of bytes. */
  NarDroppedException at(long offset) {
    return new NarDroppedException(this, offset);
  }

  /** Returns how many bytes of the NAR were read. */
  public long narOffset() {
    return narOffset;
  }
}
