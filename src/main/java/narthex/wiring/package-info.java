/**
 * Wiring: creates all objects from the settings, provides the CDI bean, starts and stops the
 * server.
 *
 * <p>May import every package but {@code standalone}, which is the only package that imports it.
 */
@org.jspecify.annotations.NullMarked
package narthex.wiring;
