/**
 * Other binary caches over HTTP: ask, verify, open, health, negative answers. Imports {@code nix}
 * and {@code stream}.
 *
 * <p>Glossary: an <em>upstream</em> is a binary cache that this one fetches from; its
 * <em>priority</em> orders it among the others, lower first, as in Nix; <em>trouble</em> is any
 * answer, or none, that says neither yes nor no.
 */
@NullMarked
package narthex.upstream;

import org.jspecify.annotations.NullMarked;
