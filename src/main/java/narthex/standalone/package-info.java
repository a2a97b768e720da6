/**
 * {@code java -jar narthex.war}: the same WAR alone, on an embedded Tomcat. The launcher reads the
 * command line, unpacks the WAR into a private folder, and may import the JDK and picocli only;
 * everything else runs in the class loader which it builds. Imports wiring; not imported by
 * anything, and not part of what an application server sees.
 */
@org.jspecify.annotations.NullMarked
package narthex.standalone;
