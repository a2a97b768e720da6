package narthex.upstream;

import java.io.IOException;

/** An answer comes so slowly that its connection is better used for others. */
final class SlowAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  SlowAnswerException(long bytes) {
    super("the answer comes too slowly: " + bytes + " bytes so far");
  }
}
