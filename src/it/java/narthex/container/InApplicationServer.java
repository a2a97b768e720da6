package narthex.container;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests the WAR in the application server under test, one for each JVM that runs tests. When the
 * deployments of the class are gone, the data that they left must be sound.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("container")
@ExtendWith({ServerOfFork.class, LeftDataCheck.class}) // before Arquillian's, and after it
@ArquillianTest
public @interface InApplicationServer {}
