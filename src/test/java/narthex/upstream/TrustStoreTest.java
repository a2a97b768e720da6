package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import narthex.nix.HostPatterns;
import narthex.nix.ProxyRules;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream whose certificate the JVM doesn't trust. */
class TrustStoreTest {
  private static final String PASSWORD = "changeit";

  @TempDir Path folder;
  private final UpstreamFixture fixture = new UpstreamFixture();
  private KeyStore keys;
  private HttpsServer server;

  @BeforeEach
  void start() throws Exception {
    Path file = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertEquals(0, keytool.waitFor());
    keys = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 5);
          exchange.getResponseBody().write("hello".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void close() throws IOException {
    server.stop(0);
    fixture.close();
  }

  @Test
  void withoutItTheCauseIsNamedAndNothingIsTriedAgain() {
    IOException refused = assertThrows(IOException.class, () -> open(null));

    assertTrue(
        String.valueOf(refused.getMessage()).contains("unable to find valid certification path"),
        refused.getMessage());
  }

  @Test
  void aBundleOfPemIsTrusted() throws Exception {
    byte[] encoded = keys.getCertificate("server").getEncoded();
    String pem =
        "# our CA\n-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(encoded)
            + "\n-----END CERTIFICATE-----\n";
    Path file = Files.writeString(folder.resolve("ca.pem"), pem);

    assertEquals("hello", open(TrustStore.load(file, null)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS"})
  void aKeyStoreIsTrusted(String type) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    store.load(null, null);
    store.setCertificateEntry("ca", keys.getCertificate("server"));
    Path file = folder.resolve("trust." + type);
    try (var out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }

    assertEquals("hello", open(TrustStore.load(file, null)));
    assertEquals("hello", open(TrustStore.load(file, PASSWORD)));
    assertThrows(IOException.class, () -> TrustStore.load(file, "wrong"));
  }

  @Test
  void aFileWithoutCertificatesIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("x"), "nothing");

    IOException refused = assertThrows(IOException.class, () -> TrustStore.load(file, null));
    assertTrue(String.valueOf(refused.getMessage()).contains(file.toString()));
  }

  private String open(@Nullable SSLContext tls) throws IOException {
    UpstreamNetwork network =
        new UpstreamNetwork(Netrc.empty(), ProxyRules.none(), tls, HostPatterns.none());
    Upstream upstream =
        fixture.through(
            "https://127.0.0.1:" + server.getAddress().getPort(),
            network,
            InetAddress::getAllByName);
    try (NarBody body = upstream.openNar("nar/x", 0, null).orElseThrow()) {
      return new String(body.stream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
