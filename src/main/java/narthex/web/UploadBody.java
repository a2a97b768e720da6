package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.OptionalLong;
import narthex.ingest.UploadRefusedException;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.Compression;
import narthex.nix.NixFormatException;
import narthex.stream.BoundedInputStream;
import narthex.stream.CorruptEncodingException;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.DecoderTooLargeException;
import narthex.stream.PassingInputStream;
import narthex.stream.SpanInputStream;
import narthex.stream.TooLongException;
import org.jspecify.annotations.Nullable;

/**
 * The body of a PUT, without its content coding and of limited length. The constructor checks only
 * headers and doesn't open the stream of the request, so that a client that waits for {@code 100
 * Continue} is refused before it sends the body. {@link SettlingResponse} discards the rest of a
 * refused body. Not thread-safe.
 */
final class UploadBody {
  /** HTTP's name for no content coding. Other codings have Nix's names of compression methods. */
  private static final String IDENTITY = "identity";

  private final HttpServletRequest request;
  private final Compression coding;
  private final long maxBytes;
  private final DecoderShare decoders;
  private @Nullable Source source;

  /**
   * @param maxBytes greatest length, both encoded and decoded
   * @param budget limits the memory of the decoder
   * @throws UploadRefusedException if Content-Length is too large or Content-Encoding unknown
   */
  UploadBody(HttpServletRequest request, long maxBytes, DecoderBudget budget)
      throws UploadRefusedException {
    this.request = request;
    this.maxBytes = maxBytes;
    this.decoders = budget.share(Work.UPLOADS);
    this.coding = coding(request.getHeader("Content-Encoding"));
    if (request.getContentLengthLong() > maxBytes) {
      throw tooLarge(maxBytes);
    }
  }

  /**
   * Returns the length of the decoded body. Empty if the body is encoded or has no Content-Length.
   */
  OptionalLong length() {
    long length = request.getContentLengthLong();
    return coding == Compression.NONE && length >= 0
        ? OptionalLong.of(length)
        : OptionalLong.empty();
  }

  /**
   * Opens the decoded body. Call it only once; the caller closes the stream. A read fails with
   * {@link BodyBrokenException} if the body is incomplete, and with {@link UploadRefusedException}
   * if it is too long or cannot be decoded.
   */
  InputStream open() throws IOException {
    InputStream raw = new BoundedInputStream(source(), maxBytes, "the body");
    if (coding == Compression.NONE) {
      return new Refusing(raw);
    }
    return new Refusing(
        new BoundedInputStream(decoders.decode(coding, raw, maxBytes), maxBytes, "the body"));
  }

  /**
   * Reads the whole decoded body into memory; for small limits only. Decodes only after the whole
   * body has arrived, so that a slow client holds no memory of the decoders.
   *
   * @throws IOException as {@link #open}
   */
  byte[] bytes() throws IOException {
    byte[] raw;
    try (InputStream in = new Refusing(new BoundedInputStream(source(), maxBytes, "the body"))) {
      raw = in.readAllBytes();
    }
    if (coding == Compression.NONE) {
      return raw;
    }
    InputStream decoded = decoders.decode(coding, new ByteArrayInputStream(raw), maxBytes);
    try (InputStream in = new Refusing(new BoundedInputStream(decoded, maxBytes, "the body"))) {
      return in.readAllBytes();
    }
  }

  /**
   * Reads the whole decoded body as text; for small limits only.
   *
   * @throws UploadRefusedException if it is not UTF-8
   * @throws IOException as {@link #open}
   */
  String text() throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes())).toString();
    } catch (CharacterCodingException e) {
      throw new UploadRefusedException(Reason.WRONG, "the body is not UTF-8 text");
    }
  }

  private Source source() throws IOException {
    Source opened = source;
    if (opened == null) {
      opened = new Source(request.getInputStream(), request.getContentLengthLong());
      source = opened;
    }
    return opened;
  }

  private static Compression coding(@Nullable String header) throws UploadRefusedException {
    String name = header == null ? IDENTITY : header.trim().toLowerCase(Locale.ROOT);
    if (name.isEmpty() || name.equals(IDENTITY)) {
      return Compression.NONE;
    }
    try {
      return Compression.parse(name.equals("x-gzip") ? "gzip" : name);
    } catch (NixFormatException unknown) {
      throw new UploadRefusedException(Reason.UNKNOWN_CODING, "unknown Content-Encoding: " + name);
    }
  }

  private static UploadRefusedException tooLarge(long maxBytes) {
    return new UploadRefusedException(
        Reason.TOO_LARGE, String.format(Locale.ROOT, "the body has more than %d bytes", maxBytes));
  }

  /**
   * Reads the stream of the request and doesn't close it. Every failed read, and an end before
   * Content-Length, becomes a {@link BodyBrokenException}.
   */
  private static final class Source extends SpanInputStream {
    private final InputStream in;
    private final long announced;
    private long count;
    private @Nullable BodyBrokenException broken;

    Source(InputStream in, long announced) {
      this.in = in;
      this.announced = announced;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (broken != null) {
        throw broken;
      }
      int got;
      try {
        got = in.read(buffer, offset, length);
      } catch (IOException e) {
        broken = new BodyBrokenException(e);
        throw broken;
      }
      if (got < 0 && count < announced) {
        broken =
            new BodyBrokenException(
                String.format(
                    Locale.ROOT, "the request body ended after %d of %d bytes", count, announced));
        throw broken;
      }
      count += Math.max(got, 0);
      return got;
    }
  }

  /** Turns failures of length and decoding into {@link UploadRefusedException}. */
  private final class Refusing extends PassingInputStream {
    Refusing(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return in.read(buffer, offset, length);
      } catch (TooLongException e) {
        throw tooLarge(maxBytes);
      } catch (DecoderTooLargeException e) {
        throw new UploadRefusedException(Reason.TOO_LARGE, String.valueOf(e.getMessage()));
      } catch (CorruptEncodingException e) {
        throw new UploadRefusedException(Reason.WRONG, "the body is " + e.getMessage());
      }
    }
  }
}
