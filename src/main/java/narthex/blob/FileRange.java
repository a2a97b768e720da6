package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A range of a local file, to be uploaded. The file doesn't change meanwhile.
 *
 * @param from offset in bytes
 * @param length length in bytes
 */
record FileRange(Path file, long from, long length) {
  private static final int BUFFER_BYTES = 64 << 10;

  /** Opens the range; the caller closes the stream. The stream throws if the file is shorter. */
  InputStream open() throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      channel.position(from);
      return new ExactInputStream(Channels.newInputStream(channel), length, file.toString());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The MD5 of the range in base64, as the header Content-MD5 has it. */
  String md5() throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
    try (InputStream in = open()) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer, 0, buffer.length);
          count > 0;
          count = in.read(buffer, 0, buffer.length)) {
        digest.update(buffer, 0, count);
      }
    }
    return Base64.getEncoder().encodeToString(digest.digest());
  }
}
