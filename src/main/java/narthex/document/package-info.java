/**
 * Everything a binary cache keeps beside narinfos and NARs: listings, build logs, realisations,
 * debug information; and the single files inside NARs. Both ways, in and out. Imports every package
 * but {@code maintain}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: a <em>document</em> is stored under its name as one zstd frame; a <em>listing</em>
 * names the files in a NAR and their offsets.
 */
@NullMarked
package narthex.document;

import org.jspecify.annotations.NullMarked;
