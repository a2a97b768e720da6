package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import narthex.nix.StorePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Stock Nix clients send their token by netrc. */
class AccessTokensIT {
  private static final String WRITE = "write-token-of-this-test";
  private static final String READ = "read-token-of-this-test";

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClientUploadsAndReadsOnlyWithATokenInItsNetrc(NixRelease release) {
    try (NixClient source = NixClient.trusting(release)) {
      Signer server = Signer.on(source, "guarded-1");
      Map<String, String> settings =
          Map.of(
              "narthex.token.write", WRITE,
              "narthex.token.read", READ,
              "narthex.signing.key-files", server.secretFile().toString());
      String path = source.build("guarded", "echo it > $out");
      try (Scene scene = Scene.withUploads(settings)) {
        assertRefused(source.copyTo(scene.uploadUrl(), List.of(path)));
        netrc(source, "login reader password " + READ);
        assertRefused(source.copyTo(scene.uploadUrl(), List.of(path)));
        netrc(source, "password " + WRITE);
        source.copyTo(scene.uploadUrl(), List.of(path)).expectSuccess();

        NixClient reader = scene.client(release, server.publicKey());
        assertRefused(reader.copyFrom(scene.server().url(), path));
        netrc(reader, "login anybody password a-token-that-is-not-one");
        assertRefused(reader.copyFrom(scene.server().url(), path));
        netrc(reader, "login anybody password " + READ);
        reader.copyFrom(scene.server().url(), path).expectSuccess();
        Substitution.assertComplete(reader, source.closure(path));
      }
    }
  }

  @Test
  void whereOnlyWritingIsGuardedReadingIsOpen() {
    try (Scene scene = Scene.withUploads(Map.of("narthex.token.write", WRITE))) {
      NixClient source = scene.client(NixRelease.OLD);
      String path = source.build("half-guarded", "echo it > $out");
      assertRefused(source.copyTo(scene.uploadUrl(), List.of(path)));
      String narInfo = "/" + StorePath.parse(path).hash().text() + ".narinfo";
      assertEquals(404, scene.server().head(narInfo).statusCode());

      netrc(source, "login ci password " + WRITE);
      source.copyTo(scene.uploadUrl(), List.of(path)).expectSuccess();

      scene.assertReadBack(source.closure(path));
    }
  }

  private static void netrc(NixClient client, String credentials) {
    client.set(
        "netrc-file", client.file("netrc", "machine 127.0.0.1 " + credentials + "\n").toString());
    client.forgetNarInfos();
  }

  private static void assertRefused(Command.Outcome outcome) {
    assertFalse(outcome.succeeded(), outcome.toString());
    assertTrue(
        outcome.errors().contains("401")
            || outcome.errors().contains("403")
            || outcome.errors().contains("does not appear to be a binary cache"),
        outcome.toString());
  }
}
