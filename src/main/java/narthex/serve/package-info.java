/**
 * Bytes go out: the best source of a narinfo or NAR. Imports every package but {@code upstream},
 * {@code document}, {@code maintain}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: a <em>source</em> gives one NAR in one compression from any offset on; to
 * <em>render</em> a narinfo is to derive the text that clients get from its row and from what is
 * stored.
 */
@NullMarked
package narthex.serve;

import org.jspecify.annotations.NullMarked;
