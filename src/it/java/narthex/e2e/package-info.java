/**
 * End-to-end tests: real Nix clients substitute closures through the WAR, started like in
 * production.
 *
 * <p>May import {@code narthex.nix} and {@code narthex.testing}; uses everything else over HTTP
 * only. Glossary: a <em>client</em> is a simulated machine with one release of Nix; the
 * <em>content</em> are the closures that are substituted; a <em>scene</em> is an upstream, a server
 * and clients in one test.
 */
@NullMarked
package narthex.e2e;

import org.jspecify.annotations.NullMarked;
