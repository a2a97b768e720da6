package narthex.stream;

/** A decoder needs more memory than the server ever gives to one decoder. */
public final class DecoderTooLargeException extends DecoderMemoryException {
  private static final long serialVersionUID = 1L;

  DecoderTooLargeException(long bytes, long mostBytes) {
    super(
        "decoding needs " + bytes + " bytes of memory, and this server gives at most " + mostBytes);
  }
}
