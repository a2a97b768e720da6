package narthex.stream;

/** Other decoders hold the memory that a decoder needs; a retry may succeed. */
public final class DecodersBusyException extends DecoderMemoryException {
  private static final long serialVersionUID = 1L;

  DecodersBusyException(String message) {
    super(message);
  }

  DecodersBusyException(long bytes) {
    super("other decoders hold the " + bytes + " bytes of memory that this one needs");
  }
}
