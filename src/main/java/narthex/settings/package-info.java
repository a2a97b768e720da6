/**
 * Settings: their names, types, defaults and descriptions; reads them from all sources and
 * validates them.
 *
 * <p>May import: the JDK, {@code nix}, {@code stream}, SmallRye Config and MicroProfile Config.
 */
@NullMarked
package narthex.settings;

import org.jspecify.annotations.NullMarked;
