package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NixFormatException;
import narthex.serve.NarAnswer;
import narthex.serve.NarSource;
import org.jspecify.annotations.Nullable;

/**
 * Sends the response to GET and HEAD for a NAR file, or for a range of it. Sends an uncompressed
 * NAR with content coding zstd to clients that prefer it. One instance for each request.
 */
final class NarResponder {
  /** One year: a NAR name always means the same content. */
  private static final String CACHE_CONTROL = "public, max-age=31536000, immutable";

  private static final String ZSTD = "zstd";

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final NarFileName name;

  /**
   * @throws NixFormatException if the path of the request is not the name of a NAR file
   */
  NarResponder(HttpServletRequest request, HttpServletResponse response) {
    this.request = request;
    this.response = response;
    this.name = name(request);
  }

  /** Returns the name of the requested file. */
  NarFileName name() {
    return name;
  }

  /**
   * Returns whether the server sends the whole file by sendfile, so that no thread waits for the
   * client.
   *
   * @param fileBytes length of the local file, if the NAR is stored as one
   */
  boolean isSentByServer(OptionalLong fileBytes) {
    return fileBytes.isPresent()
        && !isCoded(name, request)
        && request.getHeader("Range") == null
        && NarBodySender.isSentByServer(fileBytes.getAsLong(), request);
  }

  /** Answers GET, and closes the source. */
  void send(Optional<NarSource> found) throws IOException {
    if (found.isEmpty()) {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such NAR");
      return;
    }
    try (NarSource source = found.get()) {
      if (isCoded(name, request)) {
        sendCoded(source, request, response);
      } else {
        sendPlain(source, request, response);
      }
    }
  }

  /** Answers HEAD. */
  void tell(Optional<NarAnswer> found) throws IOException {
    if (found.isEmpty()) {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such NAR");
      return;
    }
    boolean coded = isCoded(name, request);
    String tag = tag(found.get().entityTag(), coded);
    describe(response, name.compression(), tag);
    if (tag != null && Preconditions.answered(request, response, tag)) {
      return;
    }
    if (coded) {
      response.setHeader("Content-Encoding", ZSTD);
      return;
    }
    if (tag != null) {
      response.setHeader("Accept-Ranges", "bytes");
    }
    OptionalLong length = found.get().length();
    if (length.isPresent()) {
      response.setContentLengthLong(length.getAsLong());
    }
  }

  /** Parses the name of the NAR file from the path. */
  private static NarFileName name(HttpServletRequest request) {
    String path = request.getPathInfo();
    if (path == null || path.length() < 2) {
      throw new NixFormatException("the path names no NAR");
    }
    return NarFileName.parse(path.substring(1));
  }

  /**
   * Returns whether to send zstd as content coding. Ranges are always ranges of the uncompressed
   * NAR.
   */
  private static boolean isCoded(NarFileName name, HttpServletRequest request) {
    return name.compression() == Compression.NONE
        && request.getHeader("Range") == null
        && AcceptEncoding.prefersZstd(request.getHeader("Accept-Encoding"));
  }

  /**
   * Sets the headers. A response without an entity tag is {@code no-store}, because a cache could
   * combine ranges of different files.
   */
  private static void describe(
      HttpServletResponse response, Compression compression, @Nullable String tag) {
    response.setContentType("application/x-nix-nar");
    response.setHeader("Cache-Control", tag == null ? Answers.NO_STORE : CACHE_CONTROL);
    if (compression == Compression.NONE) {
      response.setHeader("Vary", "Accept-Encoding");
    }
  }

  /**
   * Returns the quoted entity tag, or null if there is none. The representation with content coding
   * zstd has its own tag, a weak one, since its bytes depend on how the NAR is stored (RFC 9110,
   * 8.8.3).
   */
  private static @Nullable String tag(String entityTag, boolean coded) {
    if (entityTag.isEmpty()) {
      return null;
    }
    return coded ? "W/\"" + entityTag + "-zstd\"" : '"' + entityTag + '"';
  }

  private static void sendPlain(
      NarSource source, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String tag = tag(source.entityTag().orElse(""), false);
    describe(response, source.compression(), tag);
    if (tag != null && Preconditions.answered(request, response, tag)) {
      return;
    }
    if (tag == null) { // without a tag, a resumed download could mix two files, so ignore Range
      sendAll(source, request, response);
      return;
    }
    response.setHeader("Accept-Ranges", "bytes");
    if (source.length().isEmpty() && request.getHeader("Range") != null) {
      source.awaitComplete(new ClientWatch(request));
    }
    OptionalLong known = source.length();
    if (known.isEmpty()) {
      NarBodySender.sendAll(source, new ClientWatch(request), response.getOutputStream());
      return;
    }
    RangeResponder.send(source, known.getAsLong(), tag, request, response);
  }

  private static void sendAll(
      NarSource source, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    OptionalLong known = source.length();
    if (known.isEmpty()) {
      NarBodySender.sendAll(source, new ClientWatch(request), response.getOutputStream());
    } else {
      NarBodySender.send(source, new ByteRange(0, known.getAsLong()), request, response);
    }
  }

  private static void sendCoded(
      NarSource source, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String tag = tag(source.entityTag().orElse(""), true);
    describe(response, Compression.NONE, tag);
    if (tag != null && Preconditions.answered(request, response, tag)) {
      return;
    }
    response.setHeader("Content-Encoding", ZSTD);
    Optional<NarSource> stored = source.coded();
    if (stored.isEmpty()) {
      NarBodySender.sendCompressed(source, new ClientWatch(request), response.getOutputStream());
    } else {
      sendAll(stored.get(), request, response);
    }
  }
}
