/**
 * Documents that a binary cache stores besides narinfos and NARs (listings, build logs,
 * realisations, debug information) and access to single files inside NARs. Both reading and
 * storing. May import every package except {@code maintain}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: a <em>document</em> is stored under its name as one zstd frame; a <em>listing</em>
 * names the files in a NAR and their offsets.
 */
@NullMarked
package narthex.document;

import org.jspecify.annotations.NullMarked;
