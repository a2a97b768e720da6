package narthex.ingest;

import narthex.nix.NarFile;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstream;
import org.jspecify.annotations.Nullable;

/**
 * A file of a NAR that an upstream may have.
 *
 * @param upstream the upstream
 * @param file its URL at the upstream, compression, and announced hash and size
 * @param found the narinfo that names the file, if this search found it; else null
 */
record NarOffer(Upstream upstream, NarFile file, @Nullable FoundNarInfo found) {
  /** Upstream and URL, for messages. Offers with the same place are the same. */
  String place() {
    return upstream.base() + " " + file.url();
  }
}
