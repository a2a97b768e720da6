/** Tests of the architecture: the table of packages, and limits of files, methods and names. */
@NullMarked
package narthex.architecture;

import org.jspecify.annotations.NullMarked;
