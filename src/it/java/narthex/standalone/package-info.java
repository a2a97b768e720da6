/** Tests of the built WAR as a program of its own. */
@org.jspecify.annotations.NullMarked
package narthex.standalone;
