/** What clients of two real replicas must see while a NAR comes into one of them. */
@org.jspecify.annotations.NullMarked
package narthex.replicas;
