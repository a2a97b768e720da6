/**
 * Fuzz tests of everything that parses external input. A normal run replays the corpus in {@code
 * src/test/resources}; the README describes how to fuzz.
 */
@NullMarked
package narthex.fuzz;

import org.jspecify.annotations.NullMarked;
