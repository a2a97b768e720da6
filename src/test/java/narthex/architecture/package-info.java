/** DESIGN's table of packages, and the limits of files, methods and names, as tests. */
@NullMarked
package narthex.architecture;

import org.jspecify.annotations.NullMarked;
