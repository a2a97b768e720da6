package narthex.wiring;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** The text of an upstream's base URL, which may hold a password and so is never shown. */
final class UpstreamUrl {
  private UpstreamUrl() {}

  /**
   * Parses {@code http[s]://[user[:password]@]host[:port][/path]}; slashes at the end are dropped.
   *
   * @throws IllegalArgumentException if the text is no such URL; the message holds no part of it
   */
  static URI parse(String text) {
    URI url;
    try {
      url = new URI(text.replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      // Neither the cause nor its message may go on: both hold the password.
      throw new IllegalArgumentException("is no URL");
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException("is neither http:// nor https://");
    }
    if (url.getHost() == null) {
      throw new IllegalArgumentException("has no host name");
    }
    if (url.getRawQuery() != null || url.getRawFragment() != null) {
      throw new IllegalArgumentException("has a query or fragment");
    }
    return url;
  }

  /** Returns the URL without user and password. */
  static String place(URI url) {
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    String place = url.getScheme() + "://" + url.getHost() + port;
    return place.toLowerCase(Locale.ROOT) + (url.getRawPath() == null ? "" : url.getRawPath());
  }
}
