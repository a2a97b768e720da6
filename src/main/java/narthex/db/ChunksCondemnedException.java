package narthex.db;

import java.io.IOException;
import java.util.Locale;

/**
 * A NAR was not stored, because chunks that it refers to were condemned since they were found.
 * Nothing is changed, and the same again would be refused again: the NAR has to be cut anew.
 */
public final class ChunksCondemnedException extends IOException {
  private static final long serialVersionUID = 1L;

  ChunksCondemnedException(long condemned, long all) {
    super(String.format(Locale.ROOT, "%d of %d chunks were condemned meanwhile", condemned, all));
  }
}
