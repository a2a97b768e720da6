package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.Eviction.Limits;
import narthex.maintain.Eviction.Policy;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NarId;
import narthex.testing.LogRecords;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

class EvictionTest extends EvictionFixture {
  /** Room for nine samples, and a little for the bytes of the NARs' structure. */
  private static final long ROOM_FOR_NINE = 10 * NAR_BYTES;

  @Test
  void theLeastRecentlyUsedGoDownToTheLowWaterMark() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);

    Eviction eviction = eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE));
    eviction.check();

    assertEquals(List.of(4, 5, 6, 7, 8, 9, 10, 11), stored(node, samples));
    assertEquals(1, collections.get());
    settle(eviction);
    assertEquals(8, node.blobFiles().size());
    assertTrue(blobBytes(node) <= ROOM_FOR_NINE * 9 / 10);
  }

  @Test
  void nothingIsEvictedBelowTheLimit() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(9);
    fetchEach(node, samples);

    eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE)).check();

    assertEquals(9, stored(node, samples).size());
    assertEquals(0, collections.get());
  }

  @Test
  void whatIsUsedAgainStaysAndItsUseSurvivesARestart() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);
    node.narInfo(samples.get(0));
    fetch(node, samples.get(1));
    node.chores().writeUses();
    node = reopen(node, CdcMode.OFF);

    eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE)).check();

    assertEquals(List.of(0, 1, 6, 7, 8, 9, 10, 11), stored(node, samples));
  }

  @Test
  void aUseThatIsNotWrittenYetCounts() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);
    node.narInfo(samples.get(0));

    eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE)).check();

    assertTrue(node.isStored(samples.get(0)));
  }

  @Test
  void whatWasEvictedIsNotEvictedAgainWhileItsBlobsGo() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);
    Eviction eviction = eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE));

    for (int i = 0; i < 50; i++) {
      eviction.check();
      pass(Duration.ofSeconds(20));
    }

    assertEquals(8, stored(node, samples).size());
    assertEquals(8, node.blobFiles().size());
  }

  /** A backup holds the deletion of blobs for half an hour. */
  @Test
  void whileDeletionIsHeldNothingIsEvictedTwice() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);
    Eviction eviction = eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE));

    try (GarbageTable.Hold held = node.database().garbage().hold()) {
      for (int i = 0; i < 90; i++) {
        eviction.check();
        pass(Duration.ofSeconds(20));
      }
      assertEquals(8, stored(node, samples).size(), "with " + held);
      assertEquals(12, node.blobFiles().size());
    }
    eviction.check();

    assertEquals(8, stored(node, samples).size());
    assertEquals(8, node.blobFiles().size());
  }

  @Test
  void anEvictedNarIsFetchedAgainUnderARememberedNarinfo() throws Exception {
    for (CdcMode mode : CdcMode.values()) {
      Node node = open(mode);
      Sample sample = sample(700 + mode.ordinal()).publish(upstream);
      fetchEach(node, List.of(sample));
      eviction(node, policy(NAR_BYTES / 2, Keep.UNAVAILABLE)).check();
      assertFalse(node.isStored(sample));

      fetch(node, sample);

      assertTrue(node.isStored(sample));
      assertEquals(2, upstream.requests().count("GET", sample.narTarget()));
      node.chores().collectUnnamed();
    }
  }

  @Test
  void theListingGoesWithItsNar() throws Exception {
    Node node = open(CdcMode.OFF);
    Sample sample = sample(1).publish(upstream);
    fetchEach(node, List.of(sample));
    DocumentName listing = DocumentName.listing(sample.id().hash());
    node.chores().keepListing(sample);
    assertTrue(node.database().documents().find(listing).isPresent());

    eviction(node, policy(NAR_BYTES / 2, Keep.UNAVAILABLE)).check();

    assertEquals(Optional.empty(), node.database().documents().find(listing));
  }

  @Test
  void whatNoUpstreamHasAnyMoreIsSparedAndTheWarningSaysSo() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);
    pass(Availability.FRESH);
    samples.subList(0, 4).forEach(sample -> upstream.remove(sample.narInfoTarget()));
    Eviction eviction = eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE));

    eviction.check();
    assertEquals(List.of(0, 1, 2, 3, 8, 9, 10, 11), stored(node, samples));

    samples.forEach(sample -> upstream.remove(sample.narInfoTarget()));
    pass(Duration.ofHours(1));
    try (LogRecords log = LogRecords.listen()) {
      eviction(node, policy(5 * NAR_BYTES, Keep.UNAVAILABLE)).check();
      assertEquals(1, log.ours().stream().filter(line -> line.contains("cannot be held")).count());
      assertTrue(log.ours().stream().anyMatch(line -> line.contains("unavailable=8")));
    }
    assertEquals(8, stored(node, samples).size());
  }

  @Test
  void whatNoUpstreamHasIsAskedForAgainADayLater() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(1);
    fetchEach(node, samples);
    pass(Availability.FRESH);
    upstream.remove(samples.get(0).narInfoTarget());
    Eviction eviction = eviction(node, policy(NAR_BYTES / 2, Keep.UNAVAILABLE));
    eviction.check();
    int asked = upstream.requests().count("GET", samples.get(0).narInfoTarget());

    pass(Duration.ofHours(23));
    eviction.check();
    assertEquals(asked, upstream.requests().count("GET", samples.get(0).narInfoTarget()));

    samples.get(0).publish(upstream);
    pass(Duration.ofHours(1));
    eviction.check();
    assertEquals(List.of(), stored(node, samples));
  }

  @Test
  void whatNoUpstreamCanTellIsSparedThisTime() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);
    pass(Availability.FRESH);
    Eviction eviction = eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE));

    upstream.goDown();
    eviction.check();
    assertEquals(12, stored(node, samples).size());

    upstream.comeUp();
    pass(Duration.ofMinutes(10));
    eviction.check();
    assertEquals(8, stored(node, samples).size());
  }

  @Test
  void uploadsAreSparedAndCountForTheLimit() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> uploads = List.of(sample(100), sample(101), sample(102));
    for (Sample upload : uploads) {
      upload(node, upload);
    }
    pass(Duration.ofDays(30));
    List<Sample> samples = samples(9);
    fetchEach(node, samples);

    eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE)).check();

    assertEquals(3, stored(node, uploads).size());
    assertEquals(List.of(4, 5, 6, 7, 8), stored(node, samples));
  }

  @Test
  void anUploadThatNoUpstreamHasIsDeletedWithItsNarinfosIfNothingIsKept() throws Exception {
    Node node = open(CdcMode.OFF);
    Sample own = sample(100);
    Sample also = sample(101);
    Sample recent = sample(102);
    upload(node, own);
    upload(node, also);
    also.publish(upstream);
    pass(SPARE_UPLOADS.plusHours(1));
    upload(node, recent);
    pass(Duration.ofHours(1));

    eviction(node, policy(NAR_BYTES / 2, Keep.NOTHING)).check();

    Database database = node.database();
    assertEquals(List.of(2), stored(node, List.of(own, also, recent)));
    assertEquals(Optional.empty(), database.findNarInfo(own.hash()));
    assertTrue(database.findNarInfo(also.hash()).isPresent());
    assertTrue(database.findNarInfo(recent.hash()).isPresent());
  }

  @Test
  void pinnedNarsAreNeverEvicted() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(12);
    fetchEach(node, samples);

    node.chores().pins().add(samples.get(0).hash(), null, null);
    eviction(node, policy(ROOM_FOR_NINE, Keep.UNAVAILABLE)).check();

    assertEquals(List.of(0, 5, 6, 7, 8, 9, 10, 11), stored(node, samples));
  }

  @Test
  void sharedChunksCountForWhatDeletingReallyFrees() throws Exception {
    Node node = open(CdcMode.EAGER);
    NarTree shared = NarTree.random(1, 400_000);
    Sample old =
        Sample.of(
            "old",
            NarTree.directory(Map.of("a", shared, "b", NarTree.random(2, 20_000))).nar(),
            Compression.NONE);
    Sample alone = Sample.of("alone", NarTree.random(3, 400_000).nar(), Compression.NONE);
    Sample young =
        Sample.of(
            "young",
            NarTree.directory(Map.of("a", shared, "c", NarTree.random(4, 20_000))).nar(),
            Compression.NONE);
    List<Sample> samples = List.of(old, alone, young);
    samples.forEach(sample -> sample.publish(upstream));
    fetchEach(node, samples);

    // Evicting the old one alone frees too little, though it is as long as what must go.
    eviction(node, policy(850_000, Keep.UNAVAILABLE)).check();

    assertEquals(List.of(2), stored(node, samples));
    fetch(node, young);
  }

  @Test
  void aNarWhoseChunksAreAllNeededByOthersStays() throws Exception {
    Node node = open(CdcMode.EAGER);
    Sample young = sample(1).publish(upstream);
    fetchEach(node, List.of(young));
    Database database = node.database();
    NarId old = sample(2).id();
    Representation chunked =
        database.findNar(young.id().hash()).orElseThrow().representations().get(0);
    database.storeChunked(
        old,
        List.of(),
        database.uses().findParts(List.of(young.id().hash())).values().iterator().next(),
        chunked,
        now.minus(SPARE_UPLOADS.multipliedBy(2)));

    eviction(node, policy(NAR_BYTES - 1000, Keep.NOTHING)).check();

    assertTrue(database.findNar(old.hash()).isPresent());
    assertFalse(node.isStored(young));
    eviction(node, policy(NAR_BYTES - 1000, Keep.NOTHING)).check();
    assertFalse(database.findNar(old.hash()).isPresent());
  }

  @Test
  void littleFreeSpaceEvictsToo() throws Exception {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(6);
    fetchEach(node, samples);
    AtomicLong free = new AtomicLong(1_000_000);
    Policy policy =
        new Policy(
            new Limits(OptionalLong.empty(), OptionalLong.of(900_000), 0.9),
            SPARE_UPLOADS,
            Keep.UNAVAILABLE);
    Eviction eviction = node.chores().eviction(policy, free::get, Leases.ALONE, () -> {});
    eviction.check();
    assertEquals(6, stored(node, samples).size());

    free.set(880_000);
    eviction.check();

    assertEquals(List.of(3, 4, 5), stored(node, samples));
  }

  @Test
  void otherReplicasAndListenersAreTold() throws Exception {
    Node node = open(CdcMode.OFF);
    Sample sample = sample(1).publish(upstream);
    fetchEach(node, List.of(sample));
    assertTrue(node.narInfo(sample).isPresent());
    upstream.remove(sample.narInfoTarget());
    upstream.remove(sample.narTarget());

    eviction(node, policy(NAR_BYTES / 2, Keep.NOTHING)).check();

    assertEquals(Optional.empty(), node.nars().findHere(sample.narName()));
    assertEquals(Optional.empty(), node.narInfos().findHere(sample.hash()));
  }

  @Test
  void aReplicaWithoutTheLeaseEvictsNothing() throws IOException {
    Node node = open(CdcMode.OFF);
    List<Sample> samples = samples(2);
    fetchEach(node, samples);
    Eviction eviction =
        node.chores()
            .eviction(policy(NAR_BYTES / 2, Keep.UNAVAILABLE), () -> 0, name -> false, () -> {});

    eviction.check();

    assertEquals(2, stored(node, samples).size());
  }
}
