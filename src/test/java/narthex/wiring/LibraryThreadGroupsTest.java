package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

class LibraryThreadGroupsTest {
  /** A thread group of a class of its own, as Infinispan has some. */
  public static final class Group extends ThreadGroup {
    /** Made by reflection. */
    public Group() {
      super("library");
    }
  }

  private static final class Application extends URLClassLoader {
    Application(URL place) {
      super(new URL[] {place}, LibraryThreadGroupsTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      return name.equals(Group.class.getName()) ? findClass(name) : super.loadClass(name, resolve);
    }
  }

  @Test
  @EnabledForJreRange(max = JRE.JAVA_18) // later JDKs hold thread groups weakly
  void noGroupOfAnUndeployedApplicationIsReachable() throws Exception {
    URL place = Objects.requireNonNull(getClass().getResource("/"));
    assertTrue(Path.of(place.toURI()).isAbsolute());
    try (Application application = new Application(place)) {
      ThreadGroup group =
          (ThreadGroup)
              application.loadClass(Group.class.getName()).getDeclaredConstructor().newInstance();
      ThreadGroup other = new ThreadGroup("other");
      assertEquals(List.of(group, other), reachable(group, other));

      LibraryThreadGroups.destroyOf(application);

      assertEquals(List.of(other), reachable(group, other));
    }
  }

  private static List<ThreadGroup> reachable(ThreadGroup... wanted) {
    ThreadGroup[] all = new ThreadGroup[1000];
    Thread.currentThread().getThreadGroup().enumerate(all, true);
    return Arrays.stream(wanted).filter(Arrays.asList(all)::contains).toList();
  }
}
