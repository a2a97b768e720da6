package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import narthex.blob.CountingBlobStore;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nobody begins to store a NAR while the store is above its limit. */
class LimitGateTest extends EvictionFixture {
  private static final long MAX_BYTES = 10 * NAR_BYTES;
  private static final long IN_FLIGHT = NAR_BYTES + 1000;

  private int pauses;

  private void holdLimit(Node node, Keep keep) throws IOException {
    Eviction eviction = eviction(node, policy(MAX_BYTES, keep));
    eviction.check(); // counts the stored bytes
    CountingBlobStore blobs = node.chores().countingBlobs();
    WholeCollection collection =
        new WholeCollection(
            node.database(), blobs, node.chores().collectionSteps(), () -> now, this::pause);
    LimitGate gate =
        new LimitGate(
            policy(MAX_BYTES, keep).limits(), eviction, collection, blobs, () -> now, this::pause);
    node.chores().beforeStoring(gate::await);
  }

  private void pause() {
    pauses++;
    pass(Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void theStoreIsNeverAboveItsLimitByMoreThanWhatIsInFlight(CdcMode mode) throws Exception {
    Node node = open(mode);
    holdLimit(node, Keep.UNAVAILABLE);
    List<Long> excess = new ArrayList<>();

    for (Sample sample : samples(40)) {
      assertTrue(node.narInfo(sample).isPresent());
      fetch(node, sample);
      pass(Duration.ofMillis(100)); // far less than the grace of blobs
      excess.add(blobBytes(node) - MAX_BYTES - IN_FLIGHT);
    }

    assertTrue(excess.stream().allMatch(bytes -> bytes <= 0), excess::toString);
    assertTrue(pauses > 0);
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void whereNothingMayBeEvictedTheNarIsStoredAnyway(CdcMode mode) throws Exception {
    Node node = open(mode);
    holdLimit(node, Keep.UNAVAILABLE);
    for (int i = 100; i < 110; i++) {
      upload(node, sample(i));
    }
    List<Sample> samples = samples(2);

    fetchEach(node, samples);

    assertTrue(node.isStored(samples.get(1)));
  }

  @Test
  void whileAReplicaKeepsUnusedChunksOneClientWaitsEachMinute() throws Exception {
    Node node = open(CdcMode.EAGER);
    holdLimit(node, Keep.UNAVAILABLE);
    node.database().collection().pass("killed", 0, now);
    Iterator<Sample> samples = samples(40).iterator();
    while (pauses == 0) {
      fetchNext(node, samples);
    }
    int waited = pauses;

    fetchNext(node, samples);
    assertEquals(waited, pauses);

    pass(Duration.ofMinutes(1));
    fetchNext(node, samples);
    assertTrue(pauses > waited);

    pass(CollectionRounds.SILENCE);
    fetchNext(node, samples);
    assertTrue(blobBytes(node) <= MAX_BYTES + IN_FLIGHT);
  }

  private static void fetchNext(Node node, Iterator<Sample> samples) throws IOException {
    Sample next = samples.next();
    assertTrue(node.narInfo(next).isPresent());
    fetch(node, next);
  }
}
