package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The contract of {@link ClusterTable}, tested with each database. */
interface ClusterContract {
  Database database();

  @Test
  default void aSharedTextIsStoredOnceAndReplacedOnPurpose() throws Exception {
    ClusterTable cluster = database().cluster();
    assertEquals(Optional.empty(), cluster.find("secret"));
    assertEquals("first", cluster.findOrStore("secret", "first"));
    assertEquals("first", cluster.findOrStore("secret", "second"));
    assertEquals("other", cluster.findOrStore("key", "other"));
    cluster.replace("secret", "third");
    assertEquals(Optional.of("third"), cluster.find("secret"));
    assertEquals("third", cluster.findOrStore("secret", "fourth"));
  }

  @Test
  default void replicasThatStartTogetherGetTheSameText() throws Exception {
    List<String> got =
        AtOnce.run(
            () -> database().cluster().findOrStore("secret", "one"),
            () -> database().cluster().findOrStore("secret", "two"));
    assertEquals(got.get(0), got.get(1));
    assertTrue(Set.of("one", "two").contains(got.get(0)), got::toString);
  }
}
