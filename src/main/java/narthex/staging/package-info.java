/**
 * What is in flight, who holds it, how far it is. Imports {@code nix} and {@code blob}.
 *
 * <p>Glossary: a <em>flight</em> is one NAR file being brought in; its <em>holder</em> is whoever
 * claimed it first. The registry is a hint that saves work: two flights of one NAR cost bandwidth,
 * never data.
 */
@NullMarked
package narthex.staging;

import org.jspecify.annotations.NullMarked;
