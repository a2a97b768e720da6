/** Tests that the specs in {@code openspec/} name their tests. */
@NullMarked
package narthex.openspec;

import org.jspecify.annotations.NullMarked;
