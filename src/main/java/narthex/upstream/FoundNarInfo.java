package narthex.upstream;

import narthex.nix.NarInfo;

/**
 * A narinfo that an upstream gave and that is trusted.
 *
 * @param narInfo what it said; the URL in it is opaque and relative to {@code upstream}
 * @param upstream the upstream's base URL, ending in a slash, without credentials
 */
public record FoundNarInfo(NarInfo narInfo, String upstream) {}
