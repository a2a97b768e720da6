/**
 * What tests stand on: an upstream that fails as it is told, a relay before a server, NARs and
 * narinfos made without Nix.
 *
 * <p>May import the JDK, JUnit and {@code narthex.nix}. Glossary: <em>fault</em>, a way an answer
 * goes wrong; <em>gate</em>, what holds an answer back until the test lets it go on;
 * <em>target</em>, the path and query of a request exactly as sent.
 */
@NullMarked
package narthex.testing;

import org.jspecify.annotations.NullMarked;
