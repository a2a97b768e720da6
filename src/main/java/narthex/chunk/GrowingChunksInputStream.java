package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.chunk.GrowingChunks.Place;
import narthex.db.ChunkPlace;
import narthex.stream.CorruptEncodingException;
import narthex.stream.FrameDecoder;
import narthex.stream.SpanInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a NAR that is being cut. The caller must not read beyond the written bytes. Holds
 * one stored frame, its chunks and one open pack. Not thread-safe.
 *
 * <p>If a chunk turns out to be lost, the read continues with the stored NAR or with the chunk's
 * new pack, if there is one, else it fails with a {@link ChunkLostException}.
 */
final class GrowingChunksInputStream extends SpanInputStream {
  private final GrowingPacks packs;
  private final FrameDecoder decoder = new FrameDecoder();
  private long position;
  private byte[] decoded = new byte[0];
  private @Nullable ChunkPlace decodedPlace;
  private long chunkFrom;
  private int chunkAt;
  private int chunkLength;
  private @Nullable InputStream stored;
  private boolean closed;

  GrowingChunksInputStream(GrowingChunks chunks, BlobStore blobs, long from) {
    this.packs = new GrowingPacks(chunks, blobs);
    this.position = from;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (length == 0) {
      return 0;
    }
    if (stored == null && !isDecoded(position)) {
      decode();
    }
    InputStream elsewhere = stored;
    int count;
    if (elsewhere != null) {
      count = elsewhere.read(bytes, offset, length);
    } else {
      int from = (int) (position - chunkFrom);
      count = Math.min(length, chunkLength - from);
      System.arraycopy(decoded, chunkAt + from, bytes, offset, count);
    }
    position += Math.max(count, 0);
    return count;
  }

  /** Skips bytes without reading their chunks. */
  @Override
  public long skip(long count) throws IOException {
    InputStream elsewhere = stored;
    long skipped = elsewhere == null ? Math.max(count, 0) : elsewhere.skip(count);
    position += skipped;
    return skipped;
  }

  private boolean isDecoded(long narOffset) {
    return narOffset >= chunkFrom && narOffset - chunkFrom < chunkLength;
  }

  /**
   * Decodes the chunk that contains the next byte. If its pack is gone, opens the stored NAR
   * instead, or looks for the chunk in another pack.
   */
  private void decode() throws IOException {
    try {
      decodeNext();
    } catch (BlobLostException | CorruptEncodingException lost) {
      Optional<ChunkedManifest> manifest = packs.recover(position, lost);
      if (manifest.isPresent()) {
        stored = GrowingPacks.openStored(position, () -> manifest.get().open(position));
      } else {
        decode();
      }
    }
  }

  private void decodeNext() throws IOException {
    Place place = packs.at(position);
    ChunkPlace last = decodedPlace;
    chunkLength = 0;
    if (last == null || !place.chunk().isTogetherWith(last)) {
      decodedPlace = null;
      place = packs.read(position);
      ChunkPlace read = place.chunk();
      decoded = RunsInputStream.sized(decoded, read.packedBytes());
      decoder.decode(packs.frame(), read.packedLength(), decoded, read.packedBytes());
      decodedPlace = read;
    }
    chunkFrom = place.narOffset();
    chunkAt = place.chunk().at();
    chunkLength = place.chunk().length();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    InputStream elsewhere = stored;
    stored = null;
    try (decoder;
        elsewhere) {
      packs.close();
    }
  }
}
