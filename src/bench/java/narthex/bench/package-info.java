/**
 * What the small pieces cost, each beside a yardstick of the JDK in the same run. No test and no
 * build depends on a time measured here.
 */
@NullMarked
package narthex.bench;

import org.jspecify.annotations.NullMarked;
