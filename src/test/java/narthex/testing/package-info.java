/**
 * Test fixtures: an upstream with faults, a relay in front of a server, and NARs and narinfos made
 * without Nix.
 *
 * <p>May import the JDK, JUnit and {@code narthex.nix}. Glossary: a <em>fault</em> is a way in
 * which a response goes wrong; a <em>gate</em> holds a response back until the test lets it
 * continue; a <em>target</em> is the path and query of a request exactly as sent.
 */
@NullMarked
package narthex.testing;

import org.jspecify.annotations.NullMarked;
