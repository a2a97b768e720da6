package narthex.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * JUnit doesn't call a lifecycle method of a class if a subclass has a method of the same name. So
 * lifecycle methods of classes that tests extend must be final.
 */
class TestLifecycleTest {

  @Test
  void whatOpensAndClosesForSubclassesIsFinal() {
    List<JavaMethod> all = new ArrayList<>();
    for (JavaClass ours : new ClassFileImporter().importPackages("narthex")) {
      if (ours.getModifiers().contains(JavaModifier.ABSTRACT)) {
        ours.getMethods().stream().filter(TestLifecycleTest::isCalledByJunit).forEach(all::add);
      }
    }

    assertTrue(all.size() > 5, "the methods are not found any more");
    assertEquals(
        List.of(),
        all.stream()
            .filter(method -> !method.getModifiers().contains(JavaModifier.FINAL))
            .map(JavaMethod::getFullName)
            .toList());
  }

  private static boolean isCalledByJunit(JavaMethod method) {
    return Stream.of(BeforeAll.class, BeforeEach.class, AfterEach.class, AfterAll.class)
        .anyMatch(method::isAnnotatedWith);
  }
}
