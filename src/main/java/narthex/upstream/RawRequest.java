package narthex.upstream;

import java.net.URI;
import narthex.nix.HttpUrl;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.net.URIAuthority;

/** A request that sends its target unchanged. With a URI, the client library would normalise it. */
final class RawRequest extends HttpUriRequestBase {
  private static final long serialVersionUID = 1L;
  private static final URI UNUSED = URI.create("/");

  RawRequest(String method, HttpUrl url) {
    super(method, UNUSED);
    setScheme(url.scheme());
    setAuthority(new URIAuthority(url.host(), url.port()));
    setPath(url.target());
  }
}
