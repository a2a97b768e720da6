/**
 * What no request waits for, and what takes things out: deletion, the sweep of NARs that nothing
 * names, and the chores of chunking. May import every package but {@code serve}, {@code web} and
 * {@code wiring}.
 *
 * <p>Glossary: a NAR is <em>named</em> by a narinfo that is of it; to <em>sweep</em> is to delete
 * what nothing names; a <em>chore</em> is one kind of work on single NARs, done in the background.
 */
@NullMarked
package narthex.maintain;

import org.jspecify.annotations.NullMarked;
