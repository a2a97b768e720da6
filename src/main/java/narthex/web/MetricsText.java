package narthex.web;

import java.io.IOException;
import java.io.OutputStream;

/** The figures of the server in Prometheus' text format, version 0.0.4. Thread-safe. */
@FunctionalInterface
public interface MetricsText {
  /** Writes all figures. Doesn't close {@code out}. */
  void writeTo(OutputStream out) throws IOException;
}
