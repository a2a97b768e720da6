package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicReference;
import narthex.stream.DecoderBudget.Grant;
import narthex.stream.DecoderBudget.Patience;
import narthex.stream.DecoderBudget.Work;
import org.jspecify.annotations.Nullable;

/**
 * A stream that needs memory of the {@link DecoderBudget} only while it is read.
 *
 * <h2>Problem</h2>
 *
 * A client that reads slowly keeps its stream for minutes, and most of that time nothing reads the
 * stream: the server waits for the client. Thousands of such clients must not hold thousands of
 * decoders, chunks and open files.
 *
 * <h2>How</h2>
 *
 * Between two reads the stream rests: the budget may close the source and take its memory for
 * others, the longest rest first. The next read opens the source at its offset again, with new
 * memory. Streams that are read all the time rest so briefly that they keep their source.
 *
 * <h2>Races</h2>
 *
 * The open source is in {@link #resting} or belongs to one thread: the one that took it from there.
 * One thread reads and closes the stream; any thread may call {@link #yieldMemory}.
 */
final class RestingInputStream extends SpanInputStream implements RestingReaders.Resting {
  private static final System.Logger LOG = System.getLogger(RestingInputStream.class.getName());

  private final DecoderBudget budget;
  private final Work work;
  private final long bytes;
  private final Patience patience;
  private final DecoderShare.Source source;
  private final AtomicReference<@Nullable Open> resting = new AtomicReference<>();
  private long position;
  private int available;
  private @Nullable IOException failure;

  private record Open(InputStream in, Grant grant) {}

  /**
   * Opens the source.
   *
   * @param bytes memory that the open source takes
   * @throws DecoderMemoryException if there is no memory
   * @throws IOException if the source can't be opened
   */
  RestingInputStream(
      DecoderBudget budget,
      Work work,
      long bytes,
      Patience patience,
      DecoderShare.Source source,
      long from)
      throws IOException {
    this.budget = budget;
    this.work = work;
    this.bytes = bytes;
    this.patience = patience;
    this.source = source;
    this.position = from;
    rest(open());
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (failure != null) {
      throw failure;
    }
    if (length == 0) {
      return 0;
    }
    return use(in -> {
          int count = in.read(buffer, offset, length);
          position += Math.max(count, 0);
          return (long) count;
        })
        .intValue();
  }

  @Override
  public long skip(long count) throws IOException {
    if (failure != null) {
      throw failure;
    }
    return use(
        in -> {
          long skipped = in.skip(count);
          position += skipped;
          return skipped;
        });
  }

  @FunctionalInterface
  private interface Use {
    Long on(InputStream in) throws IOException;
  }

  /** Uses the source. After a failure it stays closed. */
  private Long use(Use use) throws IOException {
    source.await(position);
    Open open = resting.getAndSet(null);
    try {
      if (open == null) {
        open = open();
      } else {
        budget.wake(this);
      }
      Long result = use.on(open.in);
      available = open.in.available();
      Open used = open;
      open = null;
      rest(used);
      return result;
    } catch (IOException e) {
      failure = e;
      throw e;
    } finally {
      if (open != null) {
        close(open);
      }
    }
  }

  private Open open() throws IOException {
    Grant grant = budget.take(work, bytes, patience);
    try {
      return new Open(source.open(position), grant);
    } catch (IOException | RuntimeException | Error e) {
      budget.release(grant);
      throw e;
    }
  }

  private void rest(Open open) {
    resting.set(open);
    budget.rest(this);
  }

  @Override
  public void yieldMemory() {
    Open open = resting.getAndSet(null);
    if (open != null) {
      try {
        close(open);
      } catch (IOException | RuntimeException unread) {
        LOG.log(Level.DEBUG, "could not close a stream that rests", unread);
      }
    }
  }

  private void close(Open open) throws IOException {
    try {
      open.in.close();
    } finally {
      budget.release(open.grant);
    }
  }

  /**
   * Returns what was available after the last read, so that a caller that flushes before it waits
   * doesn't open the source for that.
   */
  @Override
  public int available() {
    return available;
  }

  @Override
  public void close() throws IOException {
    if (failure == null) {
      failure = new IOException("stream closed");
    }
    Open open = resting.getAndSet(null);
    budget.wake(this); // also if it has yielded: it may have come to rest again just before that
    if (open != null) {
      close(open);
    }
  }
}
