/**
 * What no request waits for, and what takes things out: deletion, the sweep of NARs that nothing
 * names, the deletion of garbage, and the chores of chunking. May import every package but {@code
 * serve}, {@code document}, {@code web} and {@code wiring}.
 *
 * <p>Glossary: a NAR is <em>named</em> by a narinfo that is of it; to <em>sweep</em> is to delete
 * what nothing names; <em>garbage</em> are blobs to which no row refers; a <em>chore</em> is one
 * kind of background work.
 */
@NullMarked
package narthex.maintain;

import org.jspecify.annotations.NullMarked;
