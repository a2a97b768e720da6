package narthex.upstream;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.ssl.SSLInitializationException;
import org.jspecify.annotations.Nullable;

/**
 * TLS with the certificate authorities of the JVM. Reads them for the first connection: reading
 * some 140 certificates would take a tenth of the start, also where all upstreams are plain HTTP.
 * Thread-safe.
 */
final class JvmTls implements TlsSocketStrategy {

  private @Nullable TlsSocketStrategy tls; // guarded by this

  @Override
  public SSLSocket upgrade(
      Socket socket, String target, int port, Object attachment, HttpContext context)
      throws IOException {
    return tls().upgrade(socket, target, port, attachment, context);
  }

  private synchronized TlsSocketStrategy tls() throws IOException {
    TlsSocketStrategy known = tls;
    if (known == null) {
      try {
        known = DefaultClientTlsStrategy.createDefault();
      } catch (SSLInitializationException unusable) {
        throw new IOException("TLS of the JVM is unusable: " + unusable.getMessage(), unusable);
      }
      tls = known;
    }
    return known;
  }
}
