package narthex.container;

import jakarta.inject.Inject;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import narthex.nix.NixFormatException;
import narthex.web.Site;

/**
 * Deployed with the WAR by {@link FailureIT}. Sends as many bytes as the query says, then fails in
 * the way that the query says. Also shows that injection into servlets works.
 */
public final class FailingServlet extends HttpServlet {

  static final int LENGTH = 1_000_000;

  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // never serialized
  @Inject
  private Site site;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    response.setHeader(
        "X-Injected", site.info().printNixCacheInfo().lines().findFirst().orElseThrow());
    if ("fixed".equals(request.getParameter("body"))) {
      response.setContentLength(LENGTH);
    }
    int sent = Integer.parseInt(request.getParameter("after"));
    ServletOutputStream out = response.getOutputStream();
    out.write(new byte[sent]);
    if (sent > 0) {
      out.flush();
    }
    fail(request.getParameter("how"));
  }

  private static void fail(String how) throws ServletException, IOException {
    switch (how) {
      case "malformed" -> throw new NixFormatException("this is not a store path");
      case "missing" -> throw new NoSuchFileException("/secret/blob");
      case "old-missing" -> throw new FileNotFoundException("/secret/blob");
      case "unreadable" -> throw new IOException("secret disk is broken");
      case "unchecked" -> throw new UncheckedIOException(new IOException("secret disk is broken"));
      case "wrapped" -> throw new ServletException(new IOException("secret disk is broken"));
      case "wrong" -> throw new IllegalStateException("secret");
      case "error" -> throw new StackOverflowError("secret");
      default -> throw new AssertionError(how);
    }
  }
}
