package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.Stored;
import narthex.nix.DocumentName;
import narthex.nix.StorePathHash;
import narthex.serve.NarInfoLookup;
import narthex.serve.SiteInfo;
import narthex.stream.DecoderBudget;
import org.jspecify.annotations.Nullable;

/**
 * What lies at the root of {@code /upload}: {@code <hash>.narinfo}, {@code <hash>.ls} and {@code
 * nix-cache-info}. PUT stores, GET and HEAD answer from what is stored and change nothing. What
 * cannot be told is an error here, never a miss: a client would upload again for it.
 */
public final class UploadServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  private static final String NIX_CACHE_INFO = "/nix-cache-info";
  private static final String LISTING = ".ls";

  /** Real ones have three lines. */
  private static final long MAX_CACHE_INFO_BYTES = 64 << 10;

  @Inject private transient NarInfoLookup lookup;
  @Inject private transient Shares shares;
  @Inject private transient NarInfoUpload upload;
  @Inject private transient DocumentLookup documents;
  @Inject private transient DocumentUpload documentUpload;
  @Inject private transient SiteInfo site;
  @Inject private transient DecoderBudget budget;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String path = path(request.getPathInfo());
    if (path.equals(NIX_CACHE_INFO)) {
      Answers.text(request, response, NixCacheInfoServlet.CONTENT_TYPE, site.printNixCacheInfo());
    } else if (path.endsWith(NarInfoResponder.SUFFIX)) {
      StorePathHash hash = NarInfoResponder.hash(path);
      NarInfoResponder.send(request, response, lookup.findHere(hash));
    } else if (path.endsWith(LISTING)) {
      DocumentName name = DocumentName.parse(path.substring(1));
      DocumentResponder.send(
          request, response, name.kind(), documents.findHere(name), Answers.NO_STORE);
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
    try (Turn turn = shares.take(Work.UPLOADS, request, response)) {
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
      DocumentResponder.store(request, response, name, documentUpload, budget);
    } else {
      absent(request, response);
    }
  }

  private void putNarInfo(
      StorePathHash hash, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String text = new UploadBody(request, NarInfoUpload.MAX_TEXT_BYTES, budget).text();
    Answers.stored(response, upload.store(hash, text));
  }

  /** Ours is made from the settings: one for the same store directory is as good as stored. */
  private void putCacheInfo(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String text = new UploadBody(request, MAX_CACHE_INFO_BYTES, budget).text();
    if (site.fits(text)) {
      Answers.stored(response, Stored.KNOWN);
    } else {
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_BAD_REQUEST,
          "the StoreDir of this binary cache is " + site.storeDir());
    }
  }

  private static void absent(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "not found");
  }

  private static String path(@Nullable String pathInfo) {
    return pathInfo == null ? "/" : pathInfo;
  }
}
