/**
 * Settings become objects here: CDI producers, start and stop. May import everything; imported by
 * none.
 */
@org.jspecify.annotations.NullMarked
package narthex.wiring;
