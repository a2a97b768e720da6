package narthex.db;

import java.io.IOException;
import java.util.Locale;

/**
 * A NAR was not stored, because some of its chunks were condemned after the writer had found them.
 * The database is unchanged. Storing the same manifest again would fail again; the NAR must be
 * chunked again.
 */
public final class ChunksCondemnedException extends IOException {
  private static final long serialVersionUID = 1L;

  ChunksCondemnedException(long condemned, long all) {
    super(String.format(Locale.ROOT, "%d of %d chunks are condemned now", condemned, all));
  }
}
