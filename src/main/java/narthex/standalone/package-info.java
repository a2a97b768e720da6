/**
 * {@code java -jar narthex.war}: runs the WAR on an embedded Tomcat, jobs over its data, and the
 * commands of a user of a server, which read a Nix store by Nix's own programs. The launcher parses
 * the command line and unpacks the WAR; it may import the JDK, picocli, Jackson's core and {@code
 * nix} only, of which it has copies beside it, but not Bouncy Castle. Everything else runs in the
 * class loader that the launcher creates, which doesn't see these copies. Imports {@code nix},
 * {@code settings} and {@code wiring}; no other package imports this one, and application servers
 * don't see it.
 */
@org.jspecify.annotations.NullMarked
package narthex.standalone;
