package narthex.serve;

import java.util.List;
import java.util.Locale;
import narthex.nix.PublicKey;

/**
 * The description of this binary cache for clients.
 *
 * @param hostname its host name, for display
 * @param storeDir the store directory of all its paths
 * @param massQuery whether clients may query many paths at once
 * @param priority among a client's substituters; clients ask lower values first
 * @param publicKeys the keys for clients to trust
 */
public record SiteInfo(
    String hostname,
    String storeDir,
    MassQuery massQuery,
    int priority,
    List<PublicKey> publicKeys) {

  /** Whether clients may query many paths at once. */
  public enum MassQuery {
    /** They may. */
    WANTED,
    /** They should not. */
    UNWANTED
  }

  /** Copies the list. */
  public SiteInfo {
    publicKeys = List.copyOf(publicKeys);
  }

  /** The text of {@code nix-cache-info}. */
  public String printNixCacheInfo() {
    return String.format(
        Locale.ROOT,
        "StoreDir: %s\nWantMassQuery: %d\nPriority: %d\n",
        storeDir,
        massQuery == MassQuery.WANTED ? 1 : 0,
        priority);
  }

  /**
   * Whether an uploaded {@code nix-cache-info} is acceptable: it names this cache's store
   * directory, or none.
   */
  public boolean fits(String nixCacheInfo) {
    for (String line : nixCacheInfo.split("\\R", -1)) {
      int colon = line.indexOf(':');
      if (colon >= 0 && line.substring(0, colon).equals("StoreDir")) {
        return line.substring(colon + 1).trim().equals(storeDir);
      }
    }
    return true;
  }

  /** The public keys in the format of {@code trusted-public-keys}, one per line. */
  public String printPublicKeys() {
    StringBuilder text = new StringBuilder();
    publicKeys.forEach(key -> text.append(key.print()).append('\n'));
    return text.toString();
  }
}
