package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Optional;
import narthex.document.NarFiles;
import narthex.document.OpenDocument;
import narthex.nix.DocumentName;
import narthex.nix.NixFormatException;
import narthex.nix.StorePathHash;

/**
 * {@code GET /<hash>.ls}: the listing of a store path, see {@link NarFiles#findListing}. A failed
 * lookup is answered with 404 and {@code no-store}, as for narinfos.
 */
public final class ListingServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(ListingServlet.class.getName());
  private static final String SUFFIX = ".ls";

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StorePathHash hash = hash(request.getServletPath());
    try (Turn turn = Site.of(request).resources().shares().take(Work.COMING, request, response)) {
      if (!turn.isWaiting()) {
        DocumentResponder.send(
            turn.request(),
            turn.response(),
            DocumentName.Kind.LISTING,
            find(Site.of(request).lookups().files(), hash, new ClientWatch(turn.request())),
            DocumentResponder.PUBLIC);
      }
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    doGet(request, response);
  }

  /** Parses the path. The servlet is mapped to {@code *.ls}, so the path may have directories. */
  private static StorePathHash hash(String path) {
    String name = path.substring(1, path.length() - SUFFIX.length());
    if (name.indexOf('/') >= 0) {
      throw new NixFormatException("no such path: a listing has the path /<hash>.ls");
    }
    return StorePathHash.parse(name);
  }

  private static Optional<OpenDocument> find(NarFiles files, StorePathHash hash, ClientWatch client)
      throws ClientGoneException {
    try {
      return files.findListing(hash, client);
    } catch (ClientGoneException e) {
      throw e;
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "listing lookup failed, answering 404 hash={0} reason={1}",
          hash.text(),
          e.getMessage());
      return Optional.empty();
    }
  }
}
