package narthex.upstream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Loads certificate authorities to trust in addition to those of the JVM. */
public final class TrustStore {
  private static final String PEM = "-----BEGIN CERTIFICATE-----";
  private static final String USUAL_PASSWORD = "changeit";

  private TrustStore() {}

  /**
   * Loads a file of certificates in PEM, PKCS12 or JKS format.
   *
   * @param password password of a PKCS12 or JKS file; null to try no password and {@code changeit}
   * @throws IOException if the file can't be read or has no certificate
   */
  public static SSLContext load(Path file, @Nullable String password) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    boolean pem = new String(bytes, StandardCharsets.ISO_8859_1).contains(PEM);
    try {
      List<Certificate> certificates = pem ? ofPem(bytes) : ofKeyStore(file, password);
      if (certificates.isEmpty()) {
        throw new IOException(file + " contains no certificate");
      }
      return context(certificates);
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " is not a trust store: " + e.getMessage(), e);
    }
  }

  private static List<Certificate> ofPem(byte[] bytes) throws GeneralSecurityException {
    return List.copyOf(
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(bytes)));
  }

  private static List<Certificate> ofKeyStore(Path file, @Nullable String password)
      throws IOException, GeneralSecurityException {
    List<Certificate> certificates = certificates(file, password);
    return certificates.isEmpty() && password == null
        ? certificates(file, USUAL_PASSWORD)
        : certificates;
  }

  private static List<Certificate> certificates(Path file, @Nullable String password)
      throws IOException, GeneralSecurityException {
    List<Certificate> certificates = new ArrayList<>();
    try {
      KeyStore store =
          KeyStore.getInstance(file.toFile(), password == null ? null : password.toCharArray());
      for (String alias : Collections.list(store.aliases())) {
        if (store.isCertificateEntry(alias)) {
          certificates.add(store.getCertificate(alias));
        }
      }
    } catch (IOException e) {
      if (password != null) {
        throw e;
      }
    }
    return certificates;
  }

  private static SSLContext context(List<Certificate> more)
      throws IOException, GeneralSecurityException {
    KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
    all.load(null, null);
    int number = 0;
    for (Certificate certificate : more) {
      all.setCertificateEntry("set-" + number++, certificate);
    }
    for (TrustManager manager : trust(null)) {
      if (manager instanceof X509TrustManager known) {
        for (X509Certificate certificate : known.getAcceptedIssuers()) {
          all.setCertificateEntry("jvm-" + number++, certificate);
        }
      }
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust(all), null);
    return context;
  }

  private static TrustManager[] trust(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
