package narthex.ingest;

import narthex.nix.NarFile;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstream;
import org.jspecify.annotations.Nullable;

/**
 * A file of a NAR that an upstream may have.
 *
 * @param upstream who has it
 * @param file its URL there, and what was said of it
 * @param found the narinfo that names it, where that was only just found; else null
 */
record NarOffer(Upstream upstream, NarFile file, @Nullable FoundNarInfo found) {
  /** Where it is, for messages; two offers of one place are the same. */
  String place() {
    return upstream.base() + " " + file.url();
  }
}
