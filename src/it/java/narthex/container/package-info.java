/** Tests of the built WAR in real application servers; each test runs in every server. */
@org.jspecify.annotations.NullMarked
package narthex.container;
