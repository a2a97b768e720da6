package narthex.chunk;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Spool;
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
 * <p>A chunk may turn out to be lost: its pack was damaged, or deleted after another writer had
 * stored the NAR or after compaction. The read then continues with the stored NAR or with the
 * chunk's new pack, if there is one, else it fails with a {@link ChunkLostException}.
 */
final class GrowingChunksInputStream extends SpanInputStream {
  private final GrowingChunks chunks;
  private final BlobStore blobs;
  private final FrameDecoder decoder = new FrameDecoder();
  private long position;
  private byte[] frame = new byte[0];
  private byte[] decoded = new byte[0];
  private @Nullable ChunkPlace decodedPlace;
  private long chunkFrom;
  private int chunkAt;
  private int chunkLength;
  private OpenPack pack = OpenPack.NONE;
  private @Nullable InputStream stored;
  private boolean closed;

  /**
   * An open pack.
   *
   * @param at offset of the next byte
   * @param end offset at which the stream ends
   */
  private record OpenPack(String key, InputStream in, long at, long end) {
    static final OpenPack NONE = new OpenPack("", nullInputStream(), 0, 0);

    boolean isAt(ChunkPlace place) {
      return key.equals(place.pack()) && at == place.offset() && place.packedLength() <= end - at;
    }
  }

  GrowingChunksInputStream(GrowingChunks chunks, BlobStore blobs, long from) {
    this.chunks = chunks;
    this.blobs = blobs;
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
      ChunkPlace place = chunks.at(position).chunk();
      closePack();
      Optional<ChunkedManifest> manifest = chunks.stored();
      if (manifest.isPresent()) {
        stored = open(manifest.get());
      } else if (lost instanceof BlobLostException && findMoved(place)) {
        decode();
      } else {
        throw ChunkLostException.at(place, lost);
      }
    }
  }

  /** Opens the stored NAR. Missing rows mean that it was dropped again. */
  private InputStream open(ChunkedManifest manifest) throws IOException {
    try {
      return manifest.open(position);
    } catch (ChunkLostException lost) {
      if (lost.place().isEmpty()) {
        throw new NarDroppedException(String.valueOf(lost.getMessage()), position);
      }
      throw lost;
    }
  }

  private boolean findMoved(ChunkPlace place) throws IOException {
    try {
      return chunks.findMoved(place);
    } catch (NarDroppedException dropped) {
      throw dropped.at(position);
    }
  }

  private void decodeNext() throws IOException {
    Place place = chunks.at(position);
    ChunkPlace last = decodedPlace;
    chunkLength = 0;
    if (last == null || !place.chunk().isTogetherWith(last)) {
      decodedPlace = null;
      place = open();
      decode(place.chunk());
      decodedPlace = place.chunk();
    }
    chunkFrom = place.narOffset();
    chunkAt = place.chunk().at();
    chunkLength = place.chunk().length();
  }

  private void decode(ChunkPlace place) throws IOException {
    int length = place.packedLength();
    frame = RunsInputStream.sized(frame, length);
    decoded = RunsInputStream.sized(decoded, place.packedBytes());
    for (int read = 0; read < length; ) {
      int count = pack.in().read(frame, read, length - read);
      if (count < 0) {
        throw new EOFException("a pack ended within a frame");
      }
      read += count;
    }
    pack = new OpenPack(pack.key(), pack.in(), pack.at() + length, pack.end());
    decoder.decode(frame, length, decoded, place.packedBytes());
  }

  /** Opens the pack at the frame of the chunk that contains the next byte. */
  private Place open() throws IOException {
    Place place = chunks.at(position);
    if (pack.isAt(place.chunk())) {
      return place;
    }
    closePack();
    String key = place.chunk().pack();
    long offset = place.chunk().offset();
    Spool writing = place.writing();
    if (writing != null) {
      try {
        InputStream in = writing.openWritten(offset);
        pack = new OpenPack(key, in, offset, Long.MAX_VALUE);
        return place;
      } catch (IOException e) {
        if (chunks.at(position).writing() != null) {
          throw e;
        } // otherwise it was committed in the meantime
      }
    }
    List<Place> run = chunks.run(position);
    long length = ChunkPlace.packedLength(run.stream().map(Place::chunk).toList());
    InputStream in = blobs.open(key, offset, length);
    pack = new OpenPack(key, in, offset, offset + length);
    return place;
  }

  private void closePack() throws IOException {
    InputStream in = pack.in();
    pack = OpenPack.NONE;
    in.close();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    InputStream elsewhere = stored;
    stored = null;
    try (decoder;
        elsewhere) {
      closePack();
    }
  }
}
