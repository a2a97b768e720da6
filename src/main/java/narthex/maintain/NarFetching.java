package narthex.maintain;

import java.io.IOException;
import narthex.db.NarInfoRow;

/** Fetches NARs from the upstreams. Thread-safe. */
@FunctionalInterface
public interface NarFetching {
  /**
   * Fetches the NAR of a narinfo, and waits until it is stored.
   *
   * @throws narthex.ingest.NarAbsentException if every upstream answered that it doesn't have it
   * @throws IOException if it can't be fetched or stored now
   */
  void fetch(NarInfoRow row) throws IOException;
}
