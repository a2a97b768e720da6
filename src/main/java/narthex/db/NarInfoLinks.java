package narthex.db;

import org.jspecify.annotations.Nullable;

/**
 * What a narinfo refers to, for the check of the store.
 *
 * @param storePathHash its store path hash
 * @param narHash its NarHash, in nix32
 * @param narSize its NarSize
 * @param stem the stem of the file name that it advertises
 * @param uploaded 1 if a client uploaded it, else 0
 * @param storedSize NarSize of the stored NAR; null if the NAR isn't stored
 * @param named NarHash to which the stem leads; null if it leads nowhere
 * @param itself NarHash to which the NarHash leads as a file name; null if it leads nowhere
 */
public record NarInfoLinks(
    String storePathHash,
    String narHash,
    long narSize,
    String stem,
    int uploaded,
    @Nullable Long storedSize,
    @Nullable String named,
    @Nullable String itself) {

  /** Returns whether a client uploaded it. */
  public boolean isUploaded() {
    return uploaded != 0;
  }

  /** Returns whether the file names of its NAR lead to its NAR. */
  public boolean isNamed() {
    return narHash.equals(named) && narHash.equals(itself);
  }
}
