/** Tests of the built WAR as a program. */
@org.jspecify.annotations.NullMarked
package narthex.standalone;
