package narthex.bench.space;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import narthex.chunk.FrameCrc;
import narthex.nix.Nix32;
import narthex.nix.Sha256;
import narthex.stream.ZstdFrames;

/**
 * Chunks whose contents depend only on their numbers, and packs of them in a directory of blobs.
 * The server reads them as it does its own. Chunks are added in the order of their numbers.
 */
final class Packs implements Closeable {
  private static final int MOST_CHUNKS = 200;
  private static final int MOST_BYTES = 8 << 20;
  private static final int LETTERS = 16;

  private final Path blobs;
  private final ZstdFrames encoder = new ZstdFrames();
  private final ByteArrayOutputStream pack = new ByteArrayOutputStream();
  private String key = "";
  private int inPack;
  private int count;
  private long bytes;

  /**
   * @param blobs the folder of the blobs
   */
  Packs(Path blobs) {
    this.blobs = blobs;
  }

  /** A chunk and its frame. */
  @SuppressWarnings("ArrayRecordComponent") // instances are never compared
  record Chunk(long number, byte[] bytes, byte[] frame) {
    byte[] hash() {
      return Sha256.hash(bytes).bytes();
    }

    int crc() {
      return FrameCrc.of(frame, frame.length);
    }
  }

  /** Where a chunk was added. */
  record Place(String pack, long offset) {}

  /** Makes a chunk; it compresses to about half. */
  Chunk make(long number, int length) throws IOException {
    SplittableRandom random = new SplittableRandom(number);
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) ('a' + (bytes[i] & LETTERS - 1));
    }
    byte[] frame = new byte[ZstdFrames.largestFrame(length)];
    int made = encoder.encode(bytes, 0, length, frame, 0);
    return new Chunk(number, bytes, Arrays.copyOf(frame, made));
  }

  /** Adds a chunk to the open pack, or to a new one. */
  Place add(Chunk chunk) throws IOException {
    if (inPack == MOST_CHUNKS || pack.size() >= MOST_BYTES) {
      endPack();
    }
    if (inPack == 0) {
      String name = Nix32.encode(chunk.hash()).substring(0, 32);
      key = "pack/" + name.substring(0, 2) + "/" + name;
    }
    inPack++;
    Place place = new Place(key, pack.size());
    pack.writeBytes(chunk.frame());
    return place;
  }

  /** Returns how many packs there are; the last one counts once this is closed. */
  int count() {
    return count;
  }

  /** Returns their length. */
  long bytes() {
    return bytes;
  }

  private void endPack() throws IOException {
    if (inPack > 0) {
      Path file = blobs.resolve(key);
      Files.createDirectories(file.getParent());
      Files.write(file, pack.toByteArray());
      count++;
      bytes += pack.size();
      pack.reset();
      inPack = 0;
    }
  }

  /** Writes the last pack. */
  @Override
  public void close() throws IOException {
    endPack();
    encoder.close();
  }
}
