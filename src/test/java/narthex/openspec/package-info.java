/** The specs in {@code openspec/} and the tests that show them. */
@NullMarked
package narthex.openspec;

import org.jspecify.annotations.NullMarked;
