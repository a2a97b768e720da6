/**
 * Tracks the NAR files that are being fetched. Imports {@code nix} and {@code blob}.
 *
 * <p>Glossary: a <em>flight</em> is one NAR file that is being fetched, known by its NAR or by its
 * name alone; its <em>holder</em> is the thread that claimed it first. The registry is a hint that
 * saves work: two flights of one NAR cost bandwidth, never data.
 */
@NullMarked
package narthex.staging;

import org.jspecify.annotations.NullMarked;
