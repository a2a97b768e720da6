package narthex.settings;

import java.util.Locale;
import narthex.nix.HttpUrl;

/** The text of an upstream's base URL, which may hold a password and so is never shown. */
final class UpstreamUrl {
  private UpstreamUrl() {}

  /**
   * Parses {@code http[s]://[user[:password]@]host[:port][/path]}; slashes at the end are dropped.
   *
   * @throws IllegalArgumentException if the text is no such URL; the message holds no part of it
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

  /** Returns the URL without user and password. */
  static String place(HttpUrl url) {
    String port = url.port() < 0 ? "" : ":" + url.port();
    String place = url.scheme() + "://" + url.host() + port;
    return place.toLowerCase(Locale.ROOT) + (url.target().equals("/") ? "" : url.target());
  }
}
