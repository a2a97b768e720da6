package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import narthex.maintain.JobRefusedException;
import narthex.maintain.JobRefusedException.Reason;
import narthex.maintain.PinJob;
import narthex.nix.NixFormatException;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * {@code /pin/<hash>.narinfo}: POST pins the path, with the parameters {@code name} and {@code
 * expires}, by the job {@code pin}; DELETE removes the pin.
 */
public final class PinServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StorePathHash hash = hash(request.getPathInfo());
    Map<String, String> options = new LinkedHashMap<>(JobServlet.options(request.getQueryString()));
    if (options.put("path", hash.text()) != null) {
      throw new JobRefusedException(Reason.WRONG_OPTION, "option path: is in the URL");
    }
    JobServlet.run(PinJob.NAME, options, request, response);
  }

  @Override
  protected void doDelete(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (Site.of(request).pins().remove(hash(request.getPathInfo()))) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } else {
      Answers.line(request, response, HttpServletResponse.SC_NOT_FOUND, "no such pin");
    }
  }

  private static StorePathHash hash(@Nullable String path) {
    if (path == null || !path.endsWith(NarInfoResponder.SUFFIX)) {
      throw new NixFormatException("no such path: a pin has the path /pin/<hash>.narinfo");
    }
    return NarInfoResponder.hash(path);
  }
}
