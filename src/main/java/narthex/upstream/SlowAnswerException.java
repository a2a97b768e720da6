package narthex.upstream;

import java.io.IOException;

/** A response body comes more slowly than {@link SteadyInputStream} allows. */
final class SlowAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  SlowAnswerException(long bytes) {
    super("the response came too slowly: " + bytes + " bytes so far");
  }
}
