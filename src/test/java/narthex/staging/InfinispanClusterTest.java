package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.testing.LogRecords;
import narthex.testing.PortPair;
import org.infinispan.factories.GlobalComponentRegistry;
import org.infinispan.remoting.transport.Transport;
import org.infinispan.remoting.transport.jgroups.JGroupsTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only replicas in an embedded cluster do: they leave, linger and keep others out. */
class InfinispanClusterTest {
  private static final String FLIGHT = "nar-x-1-xz";
  private static final List<Extent> BATCH = List.of(new Extent("pack/a", 0, 3, 4));
  private static final StagedFlight.Content CONTENT =
      new StagedFlight.Content(
          StagedFlight.Form.FILE, Compression.XZ, null, null, OptionalLong.empty());

  private final ClusterFixture cluster;

  InfinispanClusterTest() {
    cluster = new ClusterFixture(Duration.ofMillis(100));
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private static void awaitMembers(InFlightRegistry registry, int count) throws Exception {
    InFlightRegistryContract.await(registry, "", () -> registry.members().size() == count);
  }

  @Test
  void entriesOfAnEndedAttemptAreRemovedLater() throws Exception {
    try (InFlightRegistry here = cluster.join("a");
        InFlightRegistry there = cluster.join("b")) {
      awaitMembers(here, 2);
      StagedFlight mine = here.claim(FLIGHT);
      there.follow(mine);
      InFlightRegistryContract.await(here, FLIGHT, () -> here.isFollowed(mine));
      here.publish(mine, 0, BATCH);

      here.release(mine.ended(StagedFlight.State.STORED));

      InFlightRegistryContract.await(
          there, FLIGHT, () -> there.find(FLIGHT).isEmpty() && there.batch(mine, 0).isEmpty());
      InFlightRegistryContract.await(here, FLIGHT, () -> !here.isFollowed(mine));
    }
  }

  @Test
  void entriesOfAReplicaThatLeftAreRemovedLater() throws Exception {
    try (InFlightRegistry here = cluster.join("a")) {
      InFlightRegistry there = cluster.join("b");
      awaitMembers(here, 2);
      StagedFlight lost = there.claim(FLIGHT);
      there.publish(lost, 0, BATCH);
      InFlightRegistryContract.await(here, FLIGHT, () -> here.batch(lost, 0).isPresent());

      there.close();

      InFlightRegistryContract.await(here, FLIGHT, () -> here.batch(lost, 0).isEmpty());
    }
  }

  @Test
  void entriesOfAFlightInProgressStay() throws Exception {
    try (InFlightRegistry here = cluster.join("a");
        InFlightRegistry there = cluster.join("b")) {
      awaitMembers(here, 2);
      StagedFlight mine = here.claim(FLIGHT).with(CONTENT);
      here.update(mine);
      here.publish(mine, 0, BATCH);
      StagedFlight other = there.claim("other");
      there.follow(mine);
      here.follow(other);

      // a later flight is removed meanwhile
      there.release(other.ended(StagedFlight.State.FAILED));
      InFlightRegistryContract.await(here, "other", () -> here.find("other").isEmpty());

      assertEquals(Optional.of(mine), there.find(FLIGHT));
      assertEquals(Optional.of(BATCH), there.batch(mine, 0));
      assertTrue(here.isFollowed(mine));
    }
  }

  @Test
  void aReplicaThatJoinsLateLearnsWhatIsInFlight() throws Exception {
    try (InFlightRegistry here = cluster.join("a")) {
      StagedFlight mine = here.claim(FLIGHT).with(CONTENT);
      here.update(mine);
      here.publish(mine, 0, BATCH);
      try (InFlightRegistry there = cluster.join("b")) {
        InFlightRegistryContract.await(
            there,
            FLIGHT,
            () ->
                there.find(FLIGHT).equals(Optional.of(mine))
                    && there.batch(mine, 0).equals(Optional.of(BATCH)));
        assertEquals(mine, there.claim(FLIGHT));
      }
    }
  }

  /** Threads that take calls into the cluster only while it answers. */
  private static final class Calls extends ThreadPoolExecutor {
    private volatile boolean answering = true;

    Calls() {
      super(4, 4, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    }

    @Override
    public void execute(Runnable call) {
      if (!answering) {
        throw new RejectedExecutionException("the cluster doesn't answer");
      }
      super.execute(call);
    }
  }

  @Test
  void aFlightThatCouldNotBeAnnouncedIsAnnouncedLater() throws Exception {
    Calls calls = new Calls();
    ClusterPolicy policy = cluster.policy("a", "secret");
    try (InFlightRegistry here = InfinispanRegistry.join(policy, cluster.resources(calls));
        InFlightRegistry there = cluster.join("b")) {
      awaitMembers(here, 2);
      calls.answering = false;
      StagedFlight mine = here.claim(FLIGHT);
      here.update(mine.with(CONTENT));
      StagedFlight ended = here.claim("ended");
      here.release(ended.ended(StagedFlight.State.STORED));
      StagedFlight alone = here.claim("both");
      StagedFlight theirs = there.claim("both");
      InFlightRegistryContract.await(
          here, "both", () -> here.find("both").equals(Optional.of(theirs)));
      assertEquals(Optional.empty(), there.find(FLIGHT));

      calls.answering = true;

      InFlightRegistryContract.await(
          there, FLIGHT, () -> there.find(FLIGHT).equals(Optional.of(mine.with(CONTENT))));
      assertEquals(Optional.empty(), there.find("ended"));
      assertEquals(Optional.of(theirs), there.find("both"));
      there.release(theirs.ended(StagedFlight.State.FAILED));
      InFlightRegistryContract.await(
          there, "both", () -> there.find("both").equals(Optional.of(alone)));
    }
  }

  @Test
  void aRegistryWhoseCachesOrChannelStoppedHasAFault() throws Exception {
    try (ReplicatedMap map = ReplicatedMap.join(cluster.policy("a", "secret"), key -> {})) {
      assertEquals(Optional.empty(), map.fault());
      map.map().stop();
      assertEquals(Optional.of("the cache of flights is terminated"), map.fault());
      map.map().getCacheManager().stop();
      assertEquals(Optional.of("the cache manager is terminated"), map.fault());
    }
    try (ReplicatedMap map = ReplicatedMap.join(cluster.policy("b", "secret"), key -> {})) {
      ((JGroupsTransport)
              GlobalComponentRegistry.componentOf(map.map().getCacheManager(), Transport.class))
          .getChannel()
          .disconnect();
      assertEquals(Optional.of("the channel to the other replicas is closed"), map.fault());
    }
  }

  @Test
  void aReplicaWithAnotherSecretStaysAlone() throws Exception {
    try (LogRecords log = LogRecords.listen();
        InFlightRegistry here = cluster.join("a");
        InFlightRegistry stranger = cluster.join("b", "guessed")) {
      assertEquals(Set.of(here.self()), here.members());
      assertEquals(Set.of(stranger.self()), stranger.members());
      assertTrue(
          log.ours().stream().anyMatch(line -> line.startsWith("cluster peer refused")),
          log.ours()::toString);
      StagedFlight mine = here.claim(FLIGHT);
      assertEquals(Optional.empty(), stranger.find(FLIGHT));
      assertEquals(stranger.self(), stranger.claim(FLIGHT).holder());
      assertEquals(Optional.of(mine), here.find(FLIGHT));
    }
  }

  @Test
  void aHostThatCannotBeResolvedKeepsNobodyFromStarting() throws Exception {
    ClusterPolicy.Discovery fixed =
        new ClusterPolicy.Fixed(List.of(new InetSocketAddress("nowhere.invalid", 7800)));
    try (InFlightRegistry alone =
        InfinispanRegistry.join(cluster.policy("a", fixed), cluster.resources())) {
      assertEquals(Set.of(alone.self()), alone.members());
    }
  }

  @Test
  void aDnsNameIsAskedForReplicas() throws Exception {
    ClusterPolicy.Discovery dns = new ClusterPolicy.InDns("localhost");
    try (InFlightRegistry alone =
        InfinispanRegistry.join(cluster.policy("a", dns), cluster.resources())) {
      assertEquals(Set.of(alone.self()), alone.members());
    }
  }

  @Test
  void replicasFindEachOtherByTheAddressesOfADnsName(@TempDir Path folder) throws Exception {
    assertEquals(0, ReplicasInDns.run(folder, PortPair.find()));
  }

  @Test
  void aPortInUseIsAFailureToJoin() throws Exception {
    ClusterPolicy policy = cluster.policy("a", "secret");
    try (ServerSocket other = new ServerSocket(policy.port(), 1, policy.bind())) {
      assertTrue(other.isBound());
      IOException failure =
          assertThrows(
              IOException.class, () -> InfinispanRegistry.join(policy, cluster.resources()));
      assertTrue(
          String.valueOf(failure.getMessage())
              .startsWith("cannot listen on 127.0.0.1:" + policy.port() + ": "),
          failure::getMessage);
    }
  }

  @Test
  void noThreadIsLeftAfterTheEnd() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    cluster.join("a").close();
    cluster.close();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!before.contains(thread)) {
        thread.join(10_000);
      }
    }
    assertEquals(
        Set.of(),
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !before.contains(thread))
            .map(Thread::getName)
            .collect(Collectors.toSet()));
  }
}
