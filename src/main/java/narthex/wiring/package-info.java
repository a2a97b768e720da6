/**
 * Settings become objects here: assembly, the CDI producer, start and stop. May import everything
 * but {@code standalone}, which alone imports it.
 */
@org.jspecify.annotations.NullMarked
package narthex.wiring;
