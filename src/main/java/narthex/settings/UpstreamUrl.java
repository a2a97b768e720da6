package narthex.settings;

import java.util.Locale;
import narthex.nix.HttpUrl;

/** Parses base URLs of upstreams. They may contain a password, so no message contains one. */
final class UpstreamUrl {
  private UpstreamUrl() {}

  /**
   * Parses {@code http[s]://[user[:password]@]host[:port][/path]}; removes trailing slashes.
   *
   * @throws IllegalArgumentException if the text isn't such a URL
   */
  static HttpUrl parse(String text) {
    HttpUrl url;
    try {
      url = HttpUrl.parse(text.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("is not usable: " + e.getMessage());
    }
    if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw new IllegalArgumentException("has a query or fragment");
    }
    return url;
  }

  /**
   * Returns the URL without user and password, scheme and host in lower case, for comparing and for
   * messages.
   */
  static String place(HttpUrl url) {
    String port = url.port() < 0 ? "" : ":" + url.port();
    String place = url.scheme() + "://" + url.host() + port;
    return place.toLowerCase(Locale.ROOT) + (url.target().equals("/") ? "" : url.target());
  }
}
