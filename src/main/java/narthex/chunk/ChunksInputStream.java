package narthex.chunk;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import narthex.stream.CorruptEncodingException;
import narthex.stream.FrameDecoder;

/**
 * The decoded bytes of a chunked NAR. A chunk is decoded and its checksum verified before any byte
 * of it is returned. Not thread-safe.
 */
final class ChunksInputStream extends RunsInputStream {
  private final FrameDecoder decoder = new FrameDecoder();
  private byte[] chunks = new byte[0];

  /**
   * Decodes the first chunk. Closes itself if that fails.
   *
   * @param skip number of bytes of the first chunk to skip
   * @param left number of bytes to return
   * @throws ChunkLostException if the first chunk surely is missing or damaged
   */
  ChunksInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    begin(skip);
  }

  @Override
  void take(ChunkPlace place, byte[] frame) throws IOException {
    chunks = sized(chunks, place.packedBytes());
    try {
      decoder.decode(frame, place.packedLength(), chunks, place.packedBytes());
    } catch (CorruptEncodingException damaged) {
      throw ChunkLostException.at(place, damaged);
    }
  }

  @Override
  byte[] make(ChunkPlace place) {
    return chunks;
  }

  @Override
  int startOf(ChunkPlace place) {
    return place.at();
  }

  @Override
  int lengthOf(ChunkPlace place) {
    return place.length();
  }

  @Override
  public void close() throws IOException {
    try (decoder) {
      super.close();
    }
  }
}
