/**
 * Finds the best source of a narinfo or NAR to send to clients. Imports every package but {@code
 * upstream}, {@code document}, {@code maintain}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: a <em>source</em> reads one NAR in one compression from any offset; to
 * <em>render</em> a narinfo is to derive the text for clients from its row and the stored forms of
 * its NAR.
 */
@NullMarked
package narthex.serve;

import org.jspecify.annotations.NullMarked;
