package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.Stored;
import narthex.nix.DocumentName;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * The files at the root of {@code /upload}: {@code <hash>.narinfo}, {@code <hash>.ls} and {@code
 * nix-cache-info}. PUT stores; GET and HEAD read the store only and never query an upstream. A
 * failed lookup is a 5xx here, not a 404, because a client would upload the file again.
 */
public final class UploadServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private static final String NIX_CACHE_INFO = "/nix-cache-info";
  private static final String LISTING = ".ls";

  /** A normal {@code nix-cache-info} has three lines. */
  private static final long MAX_CACHE_INFO_BYTES = 64 << 10;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String path = path(request.getPathInfo());
    if (path.equals(NIX_CACHE_INFO)) {
      Answers.text(
          request,
          response,
          NixCacheInfoServlet.CONTENT_TYPE,
          Site.of(request).info().printNixCacheInfo());
    } else if (path.endsWith(NarInfoResponder.SUFFIX)) {
      StorePathHash hash = NarInfoResponder.hash(path);
      NarInfoResponder.send(
          request, response, Site.of(request).lookups().narInfos().findHere(hash));
    } else if (path.endsWith(LISTING)) {
      DocumentName name = DocumentName.parse(path.substring(1));
      DocumentResponder.send(
          request,
          response,
          name.kind(),
          Site.of(request).lookups().documents().findHere(name),
          Answers.NO_STORE);
    } else {
      absent(request, response);
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try (Turn turn = Site.of(request).resources().shares().take(Work.UPLOADS, request, response)) {
      if (!turn.isWaiting()) {
        put(request, response);
      }
    }
  }

  private void put(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String path = path(request.getPathInfo());
    if (path.equals(NIX_CACHE_INFO)) {
      putCacheInfo(request, response);
    } else if (path.endsWith(NarInfoResponder.SUFFIX)) {
      putNarInfo(NarInfoResponder.hash(path), request, response);
    } else if (path.endsWith(LISTING)) {
      DocumentName name = DocumentName.parse(path.substring(1));
      DocumentResponder.store(request, response, name, Site.of(request));
    } else {
      absent(request, response);
    }
  }

  private void putNarInfo(
      StorePathHash hash, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    String text = text(request, site, NarInfoUpload.MAX_TEXT_BYTES);
    Answers.stored(response, site.uploads().narInfos().store(hash, text));
  }

  /**
   * Stores nothing, since {@code nix-cache-info} is generated from the settings. Answers 200 if the
   * uploaded one has our store directory or none, else 400.
   */
  private void putCacheInfo(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Site site = Site.of(request);
    String text = text(request, site, MAX_CACHE_INFO_BYTES);
    if (site.info().fits(text)) {
      Answers.stored(response, Stored.KNOWN);
    } else {
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_BAD_REQUEST,
          "the StoreDir of this binary cache is " + site.info().storeDir());
    }
  }

  private static String text(HttpServletRequest request, Site site, long most) throws IOException {
    return new UploadBody(request, most, site.resources().decoders()).text();
  }

  private static void absent(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "not found");
  }

  private static String path(@Nullable String pathInfo) {
    return pathInfo == null ? "/" : pathInfo;
  }
}
