package narthex.testing;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request that an upstream got.
 *
 * @param target path and query exactly as sent
 * @param headers headers by lower-case name; of a repeated header the last one
 */
public record UpstreamRequest(String method, String target, Map<String, String> headers) {
  /** Copies the headers. */
  public UpstreamRequest {
    headers = Map.copyOf(headers);
  }

  /** The value of a header, whose name may have any case; empty if it is missing. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /** The value of the Range header; empty if it is missing. */
  public Optional<String> range() {
    return header("range");
  }

  boolean isHead() {
    return method.equals("HEAD");
  }
}
