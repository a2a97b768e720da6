package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The opened body of a NAR file at an upstream. Closing it before its end drops the connection.
 * Used by one thread.
 */
public final class NarBody implements Closeable {
  private final UpstreamAnswer answer;
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
      UpstreamAnswer answer,
      InputStream stream,
      long from,
      OptionalLong length,
      @Nullable String entityTag,
      Coding coding) {
    this.answer = answer;
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

  /** Never fails, and never waits for the rest of the body. */
  @Override
  public void close() {
    answer.close();
    try {
      stream.close(); // frees what a decoder holds
    } catch (IOException e) {
      // The connection is gone already.
    }
  }
}
