package narthex.stream;

import java.util.zip.CRC32;

/**
 * Rewrites the headers of .xz streams. Source: the .xz file format, 1.2.1, sections 3.1 and 5.3.1.
 */
public final class XzHeaders {
  private static final int STREAM_HEADER_BYTES = 12;

  /** A dictionary of 1.5 GiB as property byte of LZMA2. */
  private static final byte LARGE_DICTIONARY = 37;

  private XzHeaders() {}

  /** The same stream, with a dictionary size of 1.5 GiB in its first block. */
  public static byte[] withLargeDictionary(byte[] stream) {
    return withDictionary(stream, LARGE_DICTIONARY);
  }

  /**
   * The same stream, with another dictionary size in its first block, as property byte of LZMA2.
   */
  public static byte[] withDictionary(byte[] stream, byte properties) {
    byte[] changed = stream.clone();
    int from = STREAM_HEADER_BYTES;
    int length = (changed[from] + 1) * 4;
    // size, flags, filter id, size of properties, properties
    changed[from + 4] = properties;
    CRC32 crc = new CRC32();
    crc.update(changed, from, length - 4);
    for (int i = 0; i < 4; i++) {
      changed[from + length - 4 + i] = (byte) (crc.getValue() >>> 8 * i);
    }
    return changed;
  }
}
