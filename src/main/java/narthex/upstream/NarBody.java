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
  private final Coding coding;

  /** Whether the upstream applied a content coding, which is undone here. */
  enum Coding {
    PLAIN,
    CODED
  }

  NarBody(
      ClassicHttpResponse response,
      InputStream stream,
      long from,
      OptionalLong length,
      @Nullable String entityTag,
      Coding coding) {
    this.response = response;
    this.stream = stream;
    this.from = from;
    this.length = length;
    this.entityTag = entityTag;
    this.coding = coding;
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

  /**
   * Whether the rest can be asked for when the transfer breaks: ranges of a body that has a content
   * coding count coded bytes, so that such a file must be opened at 0 again.
   */
  public boolean isSeekable() {
    return coding == Coding.PLAIN;
  }

  /** Never fails: what a close could report concerns bytes that nobody wants. */
  @Override
  public void close() {
    try (response) {
      stream.close(); // frees what a decoder holds
    } catch (IOException e) {
      // The connection is gone already.
    }
  }
}
