/**
 * Every setting: its name, type, default and description. Settings are read here from all their
 * sources, and validated.
 *
 * <p>May import: the JDK, {@code nix}, {@code stream}, SmallRye Config and MicroProfile Config.
 */
@NullMarked
package narthex.settings;

import org.jspecify.annotations.NullMarked;
