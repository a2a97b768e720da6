/**
 * Bytes come in: one checked way for NARs and narinfos. Imports every package but {@code serve},
 * {@code document}, {@code maintain}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: to <em>ingest</em> is to write, check and commit a NAR; a <em>download</em> is the
 * flight of one from an upstream.
 */
@NullMarked
package narthex.ingest;

import org.jspecify.annotations.NullMarked;
