package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The opened body of a NAR file at an upstream. Closing it before its end drops the connection.
 * Used by one thread.
 */
public final class NarBody implements Closeable {
  private final ClassicHttpResponse response;
  private final InputStream stream;
  private final long from;
  private final OptionalLong length;
  private final @Nullable String entityTag;

  NarBody(
      ClassicHttpResponse response,
      InputStream stream,
      long from,
      OptionalLong length,
      @Nullable String entityTag) {
    this.response = response;
    this.stream = stream;
    this.from = from;
    this.length = length;
    this.entityTag = entityTag;
  }

  /** The bytes from {@link #from} on; fails where the transfer breaks. Closed with this body. */
  public InputStream stream() {
    return stream;
  }

  /** Offset in the file of the first byte of the stream: what was asked, or 0. */
  public long from() {
    return from;
  }

  /** Length in bytes of the whole file, if the upstream told it. */
  public OptionalLong length() {
    return length;
  }

  /** The strong entity tag of the file, if it has one. */
  public @Nullable String entityTag() {
    return entityTag;
  }

  @Override
  public void close() throws IOException {
    response.close();
  }
}
