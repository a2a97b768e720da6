/**
 * The HTTP client for other binary caches: narinfos, NAR files and documents, trust, retries,
 * health and cached misses. Imports {@code nix} and {@code stream}.
 *
 * <p>Glossary: an <em>upstream</em> is a binary cache that this one fetches from; its
 * <em>priority</em> orders it among the others, lower first, as in Nix; <em>trouble</em> is a
 * failed request that leaves unknown whether the upstream has a file.
 */
@NullMarked
package narthex.upstream;

import org.jspecify.annotations.NullMarked;
