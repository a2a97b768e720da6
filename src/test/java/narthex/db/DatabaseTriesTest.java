package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DatabaseTriesTest {
  @Test
  void aStepThatTheDatabaseRefusesForAMomentIsDoneAgain() throws IOException {
    AtomicInteger tries = new AtomicInteger();

    String done =
        DatabaseTries.keepTrying(
            () -> {
              if (tries.incrementAndGet() < 3) {
                throw new DatabaseException("store", "x", "gone for a moment", null);
              }
              return "done";
            });

    assertEquals("done", done);
    assertEquals(3, tries.get());
  }

  @Test
  void whatIsNoTroubleOfTheDatabaseIsPassedOnAtOnce() {
    AtomicInteger tries = new AtomicInteger();

    assertThrows(
        EOFException.class,
        () ->
            DatabaseTries.keepTrying(
                () -> {
                  tries.incrementAndGet();
                  throw new EOFException();
                }));

    assertEquals(1, tries.get());
  }
}
