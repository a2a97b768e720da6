/**
 * Fuzzers of everything that parses what comes from outside. In every normal run each replays its
 * corpus under {@code src/test/resources}; the README says how to let one search.
 */
@NullMarked
package narthex.fuzz;

import org.jspecify.annotations.NullMarked;
