/**
 * Content-defined chunking: cuts NARs into chunks, stores these in packs and reads them back.
 *
 * <p>May import: {@code nix}, {@code stream}, {@code blob} and {@code db}.
 *
 * <p>Glossary: a <em>cut point</em> is where one chunk ends and the next one starts. Cut points
 * depend on the content only, so equal content gets the same cut points at any offset. A
 * <em>frame</em> is a chunk compressed by itself. A <em>pack</em> is a blob of concatenated frames.
 * A chunk is <em>condemned</em> if no new NAR may refer to it.
 */
@NullMarked
package narthex.chunk;

import org.jspecify.annotations.NullMarked;
