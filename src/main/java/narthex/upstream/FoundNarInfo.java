package narthex.upstream;

import narthex.nix.NarInfo;

/**
 * A trusted narinfo from an upstream.
 *
 * @param narInfo the narinfo; its URL is opaque, absolute or relative to {@code upstream}
 * @param upstream the upstream's base URL, with a slash at its end, without credentials
 */
public record FoundNarInfo(NarInfo narInfo, String upstream) {}
