package narthex.stream;

import java.io.IOException;

/** There is no memory for a decoder. Says nothing about the compressed bytes. */
public abstract sealed class DecoderMemoryException extends IOException
    permits DecodersBusyException, DecoderTooLargeException {
  private static final long serialVersionUID = 1L;

  DecoderMemoryException(String message) {
    super(message);
  }
}
