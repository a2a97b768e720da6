package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.document.DocumentUpload;
import narthex.document.DocumentUpload.Existing;
import narthex.document.OpenDocument;
import narthex.ingest.Stored;
import narthex.nix.DocumentName;
import narthex.nix.DocumentName.Kind;
import narthex.nix.NixFormatException;

/** Parses requests for documents, sends and stores documents, for all document servlets. */
final class DocumentResponder {
  /**
   * One hour, because a document may be replaced, and a realisation may get signatures of other
   * keys.
   */
  static final String PUBLIC = "public, max-age=3600";

  private static final String NAME = DocumentName.class.getName();
  private static final String ZSTD = "zstd";
  private static final int BUFFER_BYTES = 16 << 10;

  private DocumentResponder() {}

  /**
   * Parses the document name from the path. Clients up to Nix 2.31 don't percent-encode names, so a
   * query string is part of the name, and {@code +} is a plus sign.
   *
   * @throws NixFormatException if the path is not a document name
   */
  static DocumentName name(HttpServletRequest request) {
    if (request.getAttribute(NAME) instanceof DocumentName known) {
      return known; // an asynchronous dispatch may have changed the path
    }
    DocumentName name = parse(request);
    request.setAttribute(NAME, name);
    return name;
  }

  private static DocumentName parse(HttpServletRequest request) {
    String servlet = request.getServletPath();
    String folder = servlet.substring(servlet.lastIndexOf('/') + 1);
    String path = request.getPathInfo();
    return DocumentName.parse(folder + (path == null ? "" : path) + query(request));
  }

  private static String query(HttpServletRequest request) {
    String query = request.getQueryString();
    if (query == null) {
      return "";
    }
    try {
      return '?' + URLDecoder.decode(query.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new NixFormatException("the query is not percent-encoded text");
    }
  }

  /**
   * Sends a document, or 404.
   *
   * @param found the document, which this method closes
   * @param cacheControl Cache-Control of a document that exists
   */
  static void send(
      HttpServletRequest request,
      HttpServletResponse response,
      Kind kind,
      Optional<OpenDocument> found,
      String cacheControl)
      throws IOException {
    if (found.isEmpty()) {
      absent(request, response);
      return;
    }
    try (OpenDocument document = found.get()) {
      send(request, response, kind, document, cacheControl);
    }
  }

  /** Answers 404, both for absent documents and for failed lookups. */
  static void absent(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such document");
  }

  private static void send(
      HttpServletRequest request,
      HttpServletResponse response,
      Kind kind,
      OpenDocument document,
      String cacheControl)
      throws IOException {
    OptionalLong zstd = document.zstdSizeBytes();
    boolean coded =
        zstd.isPresent() && AcceptEncoding.prefersZstd(request.getHeader("Accept-Encoding"));
    describe(response, kind, cacheControl);
    if (zstd.isPresent()) {
      response.setHeader("Vary", "Accept-Encoding");
    }
    String tag = '"' + document.hash().nix32() + (coded ? "-zstd\"" : "\"");
    if (Preconditions.answered(request, response, tag)) {
      return;
    }
    if (coded) {
      response.setHeader("Content-Encoding", ZSTD);
    }
    long length = coded ? zstd.getAsLong() : document.sizeBytes();
    response.setContentLengthLong(length);
    if (Answers.wantsBody(request)) {
      try (InputStream in = coded ? document.zstd() : document.plain()) {
        copy(in, length, response.getOutputStream());
      }
    }
  }

  /**
   * The content is untrusted, logs for example: a browser must not sniff its type or run scripts in
   * it.
   */
  private static void describe(HttpServletResponse response, Kind kind, String cacheControl) {
    response.setContentType(kind == Kind.LOG ? "text/plain;charset=utf-8" : "application/json");
    response.setHeader("Cache-Control", cacheControl);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", "sandbox");
  }

  /**
   * Copies exactly {@code length} bytes. Writes the last byte only after the source has ended
   * there, so that the client never takes a damaged document for a complete one.
   */
  private static void copy(InputStream in, long length, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long left = length;
    while (left > 1) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left - 1));
      if (count < 0) {
        throw new EOFException(String.format(Locale.ROOT, "a document ended %d bytes early", left));
      }
      out.write(buffer, 0, count);
      left -= count;
    }
    int last = in.read();
    if (last >= 0 != length > 0 || in.read() >= 0) {
      throw new IOException("a document is longer than its length");
    }
    if (last >= 0) {
      out.write(last);
    }
  }

  /** Only the scope {@code ADMIN} may replace a stored document. */
  private static Existing existing(HttpServletRequest request) {
    return AccessFilter.isHeld(request, Scope.ADMIN) ? Existing.REPLACED : Existing.KEPT;
  }

  /** Stores the body of a PUT and answers 201 or 200. */
  static void store(
      HttpServletRequest request, HttpServletResponse response, DocumentName name, Site site)
      throws IOException {
    DocumentUpload upload = site.uploads().documents();
    Stored stored;
    UploadBody body = new UploadBody(request, upload.maxBytes(name), site.resources().decoders());
    try (InputStream in = body.open()) {
      stored = upload.store(name, in, existing(request));
    }
    Answers.stored(response, stored);
  }
}
