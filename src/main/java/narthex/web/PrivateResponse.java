package narthex.web;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;

/**
 * Makes every response {@code Cache-Control: private} instead of {@code public}, so that shared
 * caches don't store responses that need authorization.
 */
final class PrivateResponse extends HttpServletResponseWrapper {
  private static final String CACHE_CONTROL = "Cache-Control";

  PrivateResponse(HttpServletResponse response) {
    super(response);
    response.setHeader(CACHE_CONTROL, "private");
  }

  @Override
  public void setHeader(String name, String value) {
    super.setHeader(name, restrict(name, value));
  }

  @Override
  public void addHeader(String name, String value) {
    super.addHeader(name, restrict(name, value));
  }

  private static String restrict(String name, String value) {
    return name.equalsIgnoreCase(CACHE_CONTROL) && value != null
        ? value.replaceAll("\\bpublic\\b", "private")
        : value;
  }
}
