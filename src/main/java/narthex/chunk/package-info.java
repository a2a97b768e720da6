/**
 * Content-defined chunking: cut, name, pack, find again. May import {@code nix}, {@code stream},
 * {@code blob} and {@code db}.
 *
 * <p>Glossary: a <em>cut point</em> is where one chunk ends and the next begins; it depends on the
 * bytes before it and on nothing else, so that the same bytes are cut alike wherever they stand. A
 * <em>frame</em> is a chunk compressed by itself; a <em>pack</em> is a blob of frames back to back.
 * A chunk is <em>condemned</em> when it is not to be referred to any more.
 */
@NullMarked
package narthex.chunk;

import org.jspecify.annotations.NullMarked;
