/**
 * End to end: real Nix clients substitute real closures through the WAR, started as people start
 * it.
 *
 * <p>May import {@code narthex.nix} and {@code narthex.testing}; everything else only over HTTP.
 * Glossary: <em>client</em>, a machine of its own with one release of Nix; <em>content</em>, the
 * closures that are substituted; <em>scene</em>, an upstream, a server and clients in one test.
 */
@NullMarked
package narthex.e2e;

import org.jspecify.annotations.NullMarked;
