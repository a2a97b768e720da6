package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import narthex.maintain.CollectionWorld.Action;
import narthex.maintain.CollectionWorld.Step;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * The collection against writers and readers, as a state machine: in any order of steps, and
 * whenever the process is killed, no byte is lost that a stored NAR needs, the frames of a NAR
 * never change, and in the end no blob is left that none needs.
 */
class CollectionProperties {

  private static int killedAtWork;

  @AfterContainer
  static void requireKilled() {
    assertTrue(killedAtWork > 0, "no process was killed in the middle of a step");
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Action> actions =
        Arbitraries.frequencyOf(
            Tuple.of(5, Arbitraries.of(Action.class)), Tuple.of(1, Arbitraries.just(Action.KILL)));
    return Combinators.combine(actions, Arbitraries.integers().between(0, CollectionWorld.NARS - 1))
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(40);
  }

  @Property(tries = 30)
  void nothingThatANarNeedsIsLostAndNothingElseIsLeft(@ForAll("steps") List<Step> steps)
      throws Exception {
    try (CollectionWorld world = new CollectionWorld()) {
      for (Step step : steps) {
        world.run(step);
        world.check();
      }
      world.quiesce();
      world.check();
      assertEquals(Set.of(), world.unneeded());
      killedAtWork += world.killedAtWork();
    }
  }
}
