package narthex.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** No type has a meaningless name, also in tests. */
class NamesTest {
  private static final JavaClasses OURS = new ClassFileImporter().importPackages("narthex");

  /** Meaningless last words of names; {@code CacheInfo} is allowed, after nix-cache-info. */
  private static final Pattern EMPTY_WORD =
      Pattern.compile(
          "([Cc]aches?|[Mm]anagers?|[Hh]elpers?|[Uu]tils?|[Hh]andlers?|[Hh]andles?"
              + "|[Pp]rocess(es|ors?)?)|.*[a-z](Caches?|Managers?|Helpers?|Utils?|Handlers?|Handles?"
              + "|Process(es|ors?)?)");

  /**
   * Allowed names: a Nix binary cache is the term of the field, a process is one of the operating
   * system, {@code TypeHandler} is MyBatis's word, and Tomcat and MyBatis call the others.
   */
  private static final Set<String> MEANT =
      Set.of("binaryCache", "ofThisProcess", "createProcessor", "createParameterHandler");

  @Test
  void noNameEndsInAWordThatSaysNothing() {
    List<String> wrong = new ArrayList<>();
    for (JavaClass ours : OURS) {
      String last = ours.getPackageName().replaceAll(".*\\.", "");
      if (isEmpty(last) || isEmpty(ours.getSimpleName())) {
        wrong.add(ours.getName());
      }
      for (JavaMethod method : ours.getMethods()) {
        boolean made = method.getModifiers().contains(JavaModifier.SYNTHETIC);
        if (!made && !method.getName().contains("$") && isEmpty(method.getName())) {
          wrong.add(method.getFullName());
        }
      }
    }

    assertEquals(List.of(), wrong);
  }

  @Test
  void theRuleKnowsSuchNames() {
    for (String name :
        List.of("NarCache", "cache", "LockManager", "ProcessUtils", "handle", "preProcess")) {
      assertTrue(isEmpty(name), name);
    }
    for (String name :
        List.of("CacheInfo", "unmanager1", "NarStore", "futil", "ListTypeHandler", "processId")) {
      assertFalse(isEmpty(name), name);
    }
  }

  private static boolean isEmpty(String name) {
    return !MEANT.contains(name)
        && !name.endsWith("TypeHandler")
        && EMPTY_WORD.matcher(name).matches();
  }
}
