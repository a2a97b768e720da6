package narthex.upstream;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.apache.hc.client5.http.impl.io.LenientHttpResponseParser;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.HttpMessageParser;
import org.apache.hc.core5.http.io.HttpMessageParserFactory;
import org.apache.hc.core5.http.io.SessionInputBuffer;

/**
 * Limits the headers of responses like curl: 100 KiB for a line, 300 KiB and 5000 headers in all.
 * The headers must also be complete 10 seconds after their first byte.
 *
 * @see <a href="https://github.com/curl/curl/blob/master/lib/http.h">CURL_MAX_HTTP_HEADER</a>
 */
final class CountedHeads implements HttpMessageParserFactory<ClassicHttpResponse> {
  private static final int MAX_LINE_BYTES = 100 << 10;
  private static final long MAX_BYTES = 300 << 10;
  private static final int MAX_HEADERS = 5000; // as curl

  /** Longest time from the first to the last byte of the headers. */
  static final Duration MAX_TIME = Duration.ofSeconds(10);

  /** The configuration that connections must use together with these parsers. */
  static Http1Config config() {
    return Http1Config.custom()
        .setMaxLineLength(MAX_LINE_BYTES)
        .setMaxHeaderCount(MAX_HEADERS)
        .build();
  }

  @Override
  public HttpMessageParser<ClassicHttpResponse> create() {
    return new Parser();
  }

  @Override
  public HttpMessageParser<ClassicHttpResponse> create(Http1Config config) {
    return new Parser();
  }

  private static final class Parser extends LenientHttpResponseParser {
    Parser() {
      super(config());
    }

    @Override
    public ClassicHttpResponse parse(SessionInputBuffer buffer, InputStream in)
        throws IOException, HttpException {
      return super.parse(buffer, new Counted(in));
    }
  }

  /** Throws if the headers are too long or too slow. */
  private static final class Counted extends FilterInputStream {
    private long count;
    private long firstByteAt;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = in.read(buffer, offset, length);
      if (count == 0) {
        firstByteAt = System.nanoTime();
      }
      count += Math.max(read, 0);
      if (count > MAX_BYTES) {
        throw new MessageConstraintException("the response headers have more than 300 KiB");
      }
      if (System.nanoTime() - firstByteAt > MAX_TIME.toNanos()) {
        throw new MessageConstraintException("the response headers came too slowly");
      }
      return read;
    }
  }
}
