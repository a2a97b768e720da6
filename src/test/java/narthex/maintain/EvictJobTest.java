package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Evicted;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.Eviction.Limits;
import narthex.maintain.Eviction.Policy;
import narthex.testing.LogRecords;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** Eviction on demand. */
class EvictJobTest extends EvictionFixture {
  /** Somewhat more than a NAR takes in the store. */
  private static final long ROOM = NAR_BYTES + 1_000;

  private static final Policy UNLIMITED =
      new Policy(
          new Limits(OptionalLong.empty(), OptionalLong.empty(), 0.9),
          SPARE_UPLOADS,
          Keep.UNAVAILABLE);

  private static List<Integer> from(int first, int end) {
    return IntStream.range(first, end).boxed().toList();
  }

  @Test
  void theLeastRecentlyUsedNarsGoUntilThatMuchIsStored() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(8);
    fetchEach(node, samples);
    Eviction eviction = eviction(node, UNLIMITED);

    Evicted evicted = eviction.runNow(stored -> 5 * ROOM, Progress.SILENT);

    assertEquals(3, evicted.nars());
    assertTrue(evicted.isEnough());
    assertEquals(blobBytes(node), evicted.storedBytes(), "blobs go after their grace");
    assertEquals(from(3, 8), stored(node, samples));

    Evicted more = eviction.runNow(stored -> stored - NAR_BYTES, Progress.SILENT);

    assertEquals(1, more.nars(), "what was evicted just now counts as gone");
    assertEquals(from(4, 8), stored(node, samples));
    eviction.check();
    assertEquals(from(4, 8), stored(node, samples), "the wish holds once");
  }

  @Test
  void whatIsSparedStaysAndTheResultSaysSo() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(3);
    fetchEach(node, samples);
    upstream.remove(samples.get(1).narInfoTarget());
    pass(Availability.FRESH);

    Evicted evicted = eviction(node, UNLIMITED).runNow(stored -> 0, Progress.SILENT);

    assertEquals(2, evicted.nars());
    assertEquals(List.of(1), stored(node, samples));
    assertFalse(evicted.isEnough());
  }

  @Test
  void countingEvictsNothing() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(4);
    fetchEach(node, samples);

    Evicted counted = eviction(node, UNLIMITED).count(stored -> stored - ROOM, Progress.SILENT);

    assertEquals(2, counted.nars());
    assertTrue(counted.isEnough());
    assertEquals(from(0, 4), stored(node, samples));
  }

  @Test
  void theSearchCanBeStopped() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(4);
    fetchEach(node, samples);
    RecordedProgress stopped = new RecordedProgress().stopAfter(1);

    assertEquals(0, eviction(node, UNLIMITED).count(stored -> 0, stopped).nars());
    assertEquals(List.of("searched NARs 4/0"), stopped.steps);
    Evicted evicted =
        eviction(node, UNLIMITED).runNow(stored -> 0, new RecordedProgress().stopAfter(1));

    assertEquals(0, evicted.nars());
    assertFalse(evicted.isEnough());
    assertEquals(from(0, 4), stored(node, samples));
  }

  @Test
  void anEvictionThatIsStoppedDoesNotWarnOfAFullStore() throws Exception {
    Node node = open(CdcMode.OFF);
    fetchEach(node, samples(4));

    try (LogRecords log = LogRecords.listen()) {
      eviction(node, UNLIMITED).runNow(stored -> 0, new RecordedProgress().stopAfter(1));

      assertEquals(0, log.ours().stream().filter(line -> line.contains("cannot be held")).count());
    }
  }
}
