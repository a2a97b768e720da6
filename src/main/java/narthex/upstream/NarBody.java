package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The open body of a NAR file at an upstream. Closing it before its end drops the connection. For
 * one thread.
 */
public final class NarBody implements Closeable {
  private final UpstreamAnswer answer;
  private final InputStream stream;
  private final long from;
  private final OptionalLong length;
  private final @Nullable String entityTag;
  private final Coding coding;

  /** Whether the upstream applied a content coding; {@link #stream} is decoded. */
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

  /** The bytes from {@link #from} on. Reading throws if the transfer breaks. Closed with this. */
  public InputStream stream() {
    return stream;
  }

  /** Offset of the stream's first byte in the file: the requested offset, or 0. */
  public long from() {
    return from;
  }

  /** Length of the whole file in bytes; empty if unknown. */
  public OptionalLong length() {
    return length;
  }

  /** The strong entity tag of the file; null if it has none. */
  public @Nullable String entityTag() {
    return entityTag;
  }

  /**
   * Whether a broken transfer can resume at its offset. A file with a content coding can't, because
   * ranges count encoded bytes; open it at offset 0 again.
   */
  public boolean isSeekable() {
    return coding == Coding.PLAIN;
  }

  /** Never throws, and never waits for the rest of the body. */
  @Override
  public void close() {
    answer.close();
    try {
      stream.close(); // frees the decoder's memory
    } catch (IOException e) {
      // The connection is closed already.
    }
  }
}
