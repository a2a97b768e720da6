/**
 * Microbenchmarks, each with a yardstick from the JDK in the same run. No test and no build depends
 * on the measured times.
 */
@NullMarked
package narthex.bench;

import org.jspecify.annotations.NullMarked;
