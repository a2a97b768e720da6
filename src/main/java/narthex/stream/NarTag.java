package narthex.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A keyword of the NAR format in its encoded form: length, bytes, padding. Immutable. */
final class NarTag {
  private static final int ALIGNMENT = 8;

  private final String text;
  private final byte[] encoded;

  NarTag(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    int padded = (bytes.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    this.text = text;
    this.encoded =
        ByteBuffer.allocate(Long.BYTES + padded)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(bytes.length)
            .put(bytes)
            .array();
  }

  String text() {
    return text;
  }

  /** A copy of the encoded form. */
  byte[] encoded() {
    return encoded.clone();
  }

  int encodedLength() {
    return encoded.length;
  }

  /** Whether the encoded form is at this offset of the buffer. */
  boolean isAt(byte[] buffer, int offset) {
    return Arrays.equals(buffer, offset, offset + encoded.length, encoded, 0, encoded.length);
  }
}
