/** Replicas of the real components, in this process. */
@org.jspecify.annotations.NullMarked
package narthex.wiring;
