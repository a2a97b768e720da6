package narthex.testing;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One request as the upstream read it.
 *
 * @param target path and query exactly as sent
 * @param headers by lower-case name; of a repeated header the last
 */
public record UpstreamRequest(String method, String target, Map<String, String> headers) {
  /** Copies the headers. */
  public UpstreamRequest {
    headers = Map.copyOf(headers);
  }

  /** The header of this name in any case, empty if it was not sent. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /** The Range header, empty if it was not sent. */
  public Optional<String> range() {
    return header("range");
  }

  boolean isHead() {
    return method.equals("HEAD");
  }
}
