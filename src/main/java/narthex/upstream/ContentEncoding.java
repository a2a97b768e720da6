package narthex.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import narthex.nix.Compression;
import narthex.nix.OneLine;
import narthex.stream.DecoderShare;
import org.apache.hc.core5.http.HttpHeaders;

/**
 * Undoes content codings (RFC 9110, 8.4). Upstreams may apply some although Narthex doesn't ask for
 * them: object stores do for files that were uploaded with a Content-Encoding.
 */
final class ContentEncoding {
  private static final int MAX_CODINGS = 3;

  private ContentEncoding() {}

  /**
   * Decodes a body; returns the same stream if the response has no content coding.
   *
   * @param maxBytes the caller will read at most so many decoded bytes
   * @throws TroubleException if the response has an unknown coding or too many of them
   */
  static InputStream decode(
      UpstreamAnswer answer, InputStream body, DecoderShare decoders, long maxBytes)
      throws IOException {
    String header = answer.header(HttpHeaders.CONTENT_ENCODING);
    String[] codings = header == null ? new String[0] : header.split(",", -1);
    if (codings.length > MAX_CODINGS) {
      throw new TroubleException(
          "more than " + MAX_CODINGS + " content codings", TroubleException.Retry.POINTLESS);
    }
    InputStream decoded = body;
    for (int i = codings.length - 1; i >= 0; i--) { // the header lists them in order of encoding
      Compression compression = compression(codings[i].trim().toLowerCase(Locale.ROOT));
      if (compression != Compression.NONE) {
        decoded = decoders.decode(compression, decoded, maxBytes);
      }
    }
    return decoded;
  }

  private static Compression compression(String coding) throws TroubleException {
    return switch (coding) {
      case "", "identity", "none" -> Compression.NONE;
      case "gzip", "x-gzip" -> Compression.GZIP;
      case "zstd" -> Compression.ZSTD;
      case "br" -> Compression.BR;
      case "xz" -> Compression.XZ;
      case "bzip2" -> Compression.BZIP2;
      default ->
          throw new TroubleException(
              "unknown Content-Encoding: " + OneLine.of(coding), TroubleException.Retry.POINTLESS);
    };
  }
}
