package narthex.db;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import narthex.blob.Extent;

/**
 * Extents, encoded as one column. The format is a version byte, then for each extent: the length of
 * the blob's key and the key in UTF-8 (length 0 means the blob of the previous extent), offset,
 * stored length and length. Numbers have {@linkplain VariableLength variable length}. Equal lists
 * have equal encodings, so statements can compare them.
 */
record ExtentList(List<Extent> extents) {
  private static final int VERSION = 1;

  ExtentList {
    extents = List.copyOf(extents);
  }

  byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(VERSION);
    String last = "";
    for (Extent extent : extents) {
      byte[] key = extent.blob().getBytes(StandardCharsets.UTF_8);
      if (key.length == 0) {
        throw new IllegalArgumentException("an extent has an empty key");
      }
      if (extent.blob().equals(last)) {
        VariableLength.write(0, bytes);
      } else {
        VariableLength.write(key.length, bytes);
        bytes.writeBytes(key);
        last = extent.blob();
      }
      VariableLength.write(extent.offset(), bytes);
      VariableLength.write(extent.storedLength(), bytes);
      VariableLength.write(extent.length(), bytes);
    }
    return bytes.toByteArray();
  }

  /**
   * Decodes a column.
   *
   * @throws IllegalArgumentException if {@link #encode()} can't have written it
   */
  static ExtentList decode(byte[] column) {
    ByteBuffer bytes = ByteBuffer.wrap(column);
    List<Extent> extents = new ArrayList<>();
    String blob = "";
    try {
      int version = bytes.get();
      if (version != VERSION) {
        throw new IllegalArgumentException("extents have unknown version " + version);
      }
      while (bytes.hasRemaining()) {
        long keyLength = VariableLength.read(bytes, "extents");
        if (keyLength > bytes.remaining() || keyLength == 0 && blob.isEmpty()) {
          throw new IllegalArgumentException("extents are corrupt: key of " + keyLength + " bytes");
        }
        blob = keyLength == 0 ? blob : readText(bytes, (int) keyLength);
        extents.add(
            new Extent(
                blob,
                VariableLength.read(bytes, "extents"),
                VariableLength.read(bytes, "extents"),
                VariableLength.read(bytes, "extents")));
      }
    } catch (BufferUnderflowException | CharacterCodingException e) {
      throw new IllegalArgumentException(
          "extents are corrupt: truncated, or a key is not UTF-8", e);
    }
    return new ExtentList(extents);
  }

  private static String readText(ByteBuffer bytes, int length) throws CharacterCodingException {
    ByteBuffer text = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
  }
}
