package narthex.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import org.apache.hc.core5.http.HttpHeaders;

/**
 * Content codings that an upstream applied unasked, as object stores do with files that were
 * uploaded encoded (RFC 9110, 8.4).
 */
final class ContentEncoding {
  private ContentEncoding() {}

  /**
   * The body without its content coding; the same stream if it has none.
   *
   * @param maxBytes how many decoded bytes will be read at most
   */
  static InputStream decode(
      UpstreamAnswer answer, InputStream body, DecoderShare decoders, long maxBytes)
      throws IOException {
    String header = answer.header(HttpHeaders.CONTENT_ENCODING);
    String coding = header == null ? "" : header.trim().toLowerCase(Locale.ROOT);
    return switch (coding) {
      case "", "identity" -> body;
      case "gzip", "x-gzip" -> decoders.decode(Compression.GZIP, body, maxBytes);
      case "zstd" -> decoders.decode(Compression.ZSTD, body, maxBytes);
      case "br" -> decoders.decode(Compression.BR, body, maxBytes);
      case "xz" -> decoders.decode(Compression.XZ, body, maxBytes);
      case "bzip2" -> decoders.decode(Compression.BZIP2, body, maxBytes);
      default ->
          throw new TroubleException(
              "unknown Content-Encoding: " + coding, TroubleException.Retry.POINTLESS);
    };
  }
}
