package narthex.staging;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * The TLS identity of a cluster: an Ed25519 key derived from its secret. All replicas have the same
 * key, and accept only peers that prove to have it, in both directions.
 */
final class ClusterIdentity {
  private static final System.Logger LOG = System.getLogger(ClusterIdentity.class.getName());
  private static final Duration WARN_EVERY = Duration.ofMinutes(1);
  private static final String PURPOSE = "narthex cluster identity 1\n";

  /** OBJECT IDENTIFIER 1.3.101.112, Ed25519 (RFC 8410). */
  private static final byte[] ED25519 = {0x06, 0x03, 0x2b, 0x65, 0x70};

  /** OBJECT IDENTIFIER 2.5.4.3, commonName. */
  private static final byte[] COMMON_NAME = {0x06, 0x03, 0x55, 0x04, 0x03};

  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int BIT_STRING = 0x03;
  private static final int INTEGER = 0x02;
  private static final int UTF8_STRING = 0x0c;
  private static final int UTC_TIME = 0x17;
  private static final int VERSION_TAG = 0xa0;

  private ClusterIdentity() {}

  /**
   * Returns a TLS context that has the identity and accepts only it.
   *
   * @throws GeneralSecurityException if the JDK has no Ed25519 or no TLS
   */
  static SSLContext context(String secret) throws GeneralSecurityException, IOException {
    byte[] seed =
        MessageDigest.getInstance("SHA-256")
            .digest((PURPOSE + secret).getBytes(StandardCharsets.UTF_8));
    X509Certificate certificate = certificate(seed);
    PrivateKey key =
        KeyFactory.getInstance("Ed25519")
            .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
    char[] none = {};
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, none);
    store.setKeyEntry("cluster", key, none, new X509Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, none);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), new TrustManager[] {new OnlySelf(certificate)}, null);
    return context;
  }

  /** A certificate that the key signed itself. Equal seeds give equal certificates. */
  private static X509Certificate certificate(byte[] seed) throws CertificateException {
    byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];
    Ed25519.generatePublicKey(seed, 0, publicKey, 0);
    byte[] algorithm = der(SEQUENCE, ED25519);
    byte[] name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, text(UTF8_STRING, "narthex"))));
    byte[] validity =
        der(SEQUENCE, text(UTC_TIME, "000101000000Z"), text(UTC_TIME, "491231235959Z"));
    byte[] content =
        der(
            SEQUENCE,
            der(VERSION_TAG, der(INTEGER, new byte[] {2})),
            der(INTEGER, new byte[] {1}),
            algorithm,
            name,
            validity,
            name,
            der(SEQUENCE, algorithm, der(BIT_STRING, new byte[1], publicKey)));
    byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
    Ed25519.sign(seed, 0, content, 0, content.length, signature, 0);
    byte[] encoded = der(SEQUENCE, content, algorithm, der(BIT_STRING, new byte[1], signature));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(encoded));
  }

  private static byte[] text(int tag, String text) {
    return der(tag, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] der(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length >= 0x100) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 0x80) {
      out.write(0x81);
    }
    out.write(length);
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** Accepts only peers with one certificate. Host names and dates don't matter. */
  private static final class OnlySelf extends X509ExtendedTrustManager {
    private final X509Certificate own;
    private final AtomicLong warnFrom = new AtomicLong(System.nanoTime());

    OnlySelf(X509Certificate own) {
      this.own = own;
    }

    private void check(X509Certificate[] chain, String peer) throws CertificateException {
      if (chain.length == 0 || !own.equals(chain[0])) {
        long now = System.nanoTime();
        long from = warnFrom.get();
        if (now - from >= 0 && warnFrom.compareAndSet(from, now + WARN_EVERY.toNanos())) {
          LOG.log(
              Level.WARNING,
              "cluster peer refused, it has another secret or another database peer={0}",
              String.valueOf(peer));
        }
        throw new CertificateException("the peer has another cluster secret");
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain, "unknown");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain, "unknown");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      check(chain, String.valueOf(socket.getRemoteSocketAddress()));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      check(chain, String.valueOf(socket.getRemoteSocketAddress()));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      check(chain, String.valueOf(engine.getPeerHost()));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      check(chain, String.valueOf(engine.getPeerHost()));
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[] {own};
    }
  }
}
