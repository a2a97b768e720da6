/**
 * Ingests NARs and narinfos, downloaded or uploaded, and verifies them. Imports every package but
 * {@code serve}, {@code document}, {@code maintain}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: to <em>ingest</em> a NAR is to write, verify and commit it; a <em>download</em> is
 * the flight of a NAR from an upstream.
 */
@NullMarked
package narthex.ingest;

import org.jspecify.annotations.NullMarked;
