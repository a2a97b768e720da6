package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.security.SecureRandom;
import java.util.List;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.serve.SiteInfo.MassQuery;
import org.junit.jupiter.api.Test;

class SiteInfoTest {
  @Test
  void nixCacheInfoHasAllThreeLinesInNixsOrder() {
    assertEquals(
        "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n",
        new SiteInfo("narthex", "/nix/store", MassQuery.WANTED, 30, List.of()).printNixCacheInfo());
    assertEquals(
        "StoreDir: /opt/store\nWantMassQuery: 0\nPriority: 0\n",
        new SiteInfo("narthex", "/opt/store", MassQuery.UNWANTED, 0, List.of())
            .printNixCacheInfo());
  }

  @Test
  void publicKeysStandOneALineAndParseAgain() {
    PublicKey first = SecretKey.generate("first-1", new SecureRandom()).publicKey();
    PublicKey second = SecretKey.generate("second-1", new SecureRandom()).publicKey();

    String text =
        new SiteInfo("n", "/nix/store", MassQuery.WANTED, 1, List.of(first, second))
            .printPublicKeys();

    assertEquals(
        List.of(first.print(), second.print()),
        text.lines().map(line -> PublicKey.parse(line).print()).toList());
    assertEquals('\n', text.charAt(text.length() - 1));
  }
}
