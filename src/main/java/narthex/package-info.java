/** Narthex: a Nix binary cache as one Jakarta Servlet WAR. */
@org.jspecify.annotations.NullMarked
package narthex;
