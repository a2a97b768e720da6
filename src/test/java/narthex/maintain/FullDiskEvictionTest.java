package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.Eviction.Limits;
import narthex.maintain.Eviction.Policy;
import narthex.testing.LogRecords;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

class FullDiskEvictionTest extends EvictionFixture {
  /** A policy for a disk with this room for blobs until it counts as full. */
  private Eviction onDisk(Node node, long room) {
    Policy policy =
        new Policy(
            new Limits(OptionalLong.empty(), OptionalLong.of(Eviction.FULL_BYTES), 1),
            SPARE_UPLOADS,
            Keep.UNAVAILABLE);
    return node.chores()
        .eviction(
            policy, () -> Eviction.FULL_BYTES + room - blobBytes(node), Leases.ALONE, () -> {});
  }

  @Test
  void onAFullDiskAFetchEvictsAtOnceAndGoesOn() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(7);
    Eviction eviction = onDisk(node, 6 * NAR_BYTES);
    node.chores().beforeWriting(eviction::makeRoom);
    fetchEach(node, samples.subList(0, 6));
    assertEquals(6, node.blobFiles().size());

    fetch(node, samples.get(6));

    assertEquals(List.of(1, 2, 3, 4, 5, 6), stored(node, samples));
    assertEquals(6, node.blobFiles().size());
  }

  @Test
  void onAFullDiskWhereNothingMayBeEvictedAFetchStillTries() throws Exception {
    Node node = open(CdcMode.OFF);
    Sample upload = sample(100);
    upload(node, upload);
    Eviction eviction = onDisk(node, NAR_BYTES / 2);
    node.chores().beforeWriting(eviction::makeRoom);
    List<Sample> samples = samples(2);

    try (LogRecords log = LogRecords.listen()) {
      fetchEach(node, samples);
      assertEquals(1, log.ours().stream().filter(line -> line.contains("cannot be held")).count());
    }

    assertTrue(node.isStored(upload));
  }
}
