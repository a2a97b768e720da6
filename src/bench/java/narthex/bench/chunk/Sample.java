package narthex.bench.chunk;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.stream.Encoders;

/**
 * A NAR file.
 *
 * @param narBytes length of the uncompressed NAR
 */
record Sample(Path file, NarFileName name, long narBytes) {
  private static final int BUFFER_BYTES = 64 << 10;

  /** Piece size of {@code xz -T}: each thread compresses pieces of three dictionary sizes. */
  private static final int XZ_PIECE_BYTES = 24 << 20;

  /** Writes a NAR. */
  interface Writer {
    void write(OutputStream out) throws IOException;
  }

  /** Writes an uncompressed NAR file. */
  static Sample plain(Path file, Writer nar) throws IOException {
    MessageDigest digest = sha256();
    try (OutputStream out =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES), digest)) {
      nar.write(out);
    }
    return new Sample(file, name(digest, Compression.NONE), Files.size(file));
  }

  /** The same NAR compressed by Narthex's encoders with their usual settings. */
  Sample compressed(Compression compression) throws IOException {
    MessageDigest digest = sha256();
    Path target = file.resolveSibling(file.getFileName() + compression.extension());
    try (OutputStream out =
            new DigestOutputStream(
                new BufferedOutputStream(Files.newOutputStream(target), BUFFER_BYTES), digest);
        InputStream in = Files.newInputStream(file)) {
      if (compression == Compression.XZ) {
        compressPieces(in, out);
      } else {
        try (OutputStream encoder = Encoders.encode(compression, out)) {
          in.transferTo(encoder);
        }
      }
    }
    return new Sample(target, name(digest, compression), narBytes);
  }

  long fileBytes() throws IOException {
    return Files.size(file);
  }

  private static void compressPieces(InputStream in, OutputStream out) throws IOException {
    List<byte[]> pieces = new ArrayList<>();
    do {
      pieces.clear();
      for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
        byte[] piece = in.readNBytes(XZ_PIECE_BYTES);
        if (piece.length > 0) {
          pieces.add(piece);
        }
      }
      for (byte[] done : pieces.parallelStream().map(Sample::xz).toList()) {
        out.write(done);
      }
    } while (!pieces.isEmpty());
  }

  private static byte[] xz(byte[] piece) {
    ByteArrayOutputStream done = new ByteArrayOutputStream();
    try (OutputStream encoder = Encoders.encode(Compression.XZ, done)) {
      encoder.write(piece);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return done.toByteArray();
  }

  private static NarFileName name(MessageDigest digest, Compression compression) {
    return new NarFileName(Sha256.of(digest.digest()).nix32(), compression);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
