package narthex.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import narthex.nix.Compression;
import narthex.stream.Decoders;
import org.apache.hc.core5.http.HttpHeaders;

/**
 * Content codings that an upstream applied unasked, as object stores do with files that were
 * uploaded encoded (RFC 9110, 8.4).
 */
final class ContentEncoding {
  private ContentEncoding() {}

  /** The body without its content coding; the same stream if it has none. */
  static InputStream decode(UpstreamAnswer answer, InputStream body) throws IOException {
    String header = answer.header(HttpHeaders.CONTENT_ENCODING);
    String coding = header == null ? "" : header.trim().toLowerCase(Locale.ROOT);
    return switch (coding) {
      case "", "identity" -> body;
      case "gzip", "x-gzip" -> Decoders.decode(Compression.GZIP, body);
      case "zstd" -> Decoders.decode(Compression.ZSTD, body);
      case "br" -> Decoders.decode(Compression.BR, body);
      case "xz" -> Decoders.decode(Compression.XZ, body);
      case "bzip2" -> Decoders.decode(Compression.BZIP2, body);
      default ->
          throw new TroubleException(
              "unknown Content-Encoding: " + coding, TroubleException.Retry.POINTLESS);
    };
  }
}
