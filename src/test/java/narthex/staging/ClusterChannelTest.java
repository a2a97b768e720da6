package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.testing.LogRecords;
import org.infinispan.factories.GlobalComponentRegistry;
import org.infinispan.remoting.transport.Transport;
import org.infinispan.remoting.transport.jgroups.JGroupsTransport;
import org.jgroups.JChannel;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.util.ThreadPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The connections between replicas: what listens, who is refused, and how an end is noticed. */
class ClusterChannelTest {
  private static final int PATIENCE_SECONDS = 30;

  private final ClusterFixture cluster;
  private final Semaphore changes = new Semaphore(0);

  ClusterChannelTest() {
    cluster = new ClusterFixture(Duration.ofMillis(100));
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private ReplicatedMap join(ClusterPolicy policy) throws IOException {
    return ReplicatedMap.join(policy, key -> changes.release());
  }

  private void awaitMembers(ReplicatedMap map, int count) throws InterruptedException {
    while (map.members().size() != count) {
      assertTrue(changes.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS), "nothing changed");
    }
  }

  private static JChannel channel(ReplicatedMap map) {
    return ((JGroupsTransport)
            GlobalComponentRegistry.componentOf(map.map().getCacheManager(), Transport.class))
        .getChannel();
  }

  @Test
  void aReplicaWhoseConnectionsEndIsExcludedAtOnce() throws Exception {
    try (ReplicatedMap here = join(cluster.policy("a", "secret"));
        ReplicatedMap there = join(cluster.policy("b", "secret"))) {
      awaitMembers(here, 2);

      channel(there).getProtocolStack().getTransport().stop();

      awaitMembers(here, 1);
      FD_ALL3 heartbeats = channel(here).getProtocolStack().findProtocol(FD_ALL3.class);
      assertEquals(0, heartbeats.getSuspectEventsSent(), "noticed by heartbeats only");
      channel(there).close(); // so that it doesn't wait for an answer when it leaves
    }
  }

  @Test
  void aReplicaThatLeavesIsNotWarnedOf() throws Exception {
    try (ReplicatedMap here = join(cluster.policy("a", "secret"))) {
      for (String name : List.of("b", "c")) {
        ReplicatedMap there = join(cluster.policy(name, "secret"));
        awaitMembers(here, 2);
        try (LogRecords log = LogRecords.listen()) {
          there.close();
          awaitMembers(here, 1);
          here.map().put("key", name);
          assertEquals(List.of(), ofJGroups(log));
        }
      }
    }
  }

  @Test
  void whatArrivesWhileAReplicaClosesIsNotWarnedOf() throws Exception {
    ReplicatedMap here = join(cluster.policy("a", "secret"));
    ThreadPool receiving = channel(here).getProtocolStack().getTransport().getThreadPool();
    here.close();
    AtomicBoolean ran = new AtomicBoolean();
    try (LogRecords log = LogRecords.listen()) {
      receiving.execute(() -> ran.set(true));
      assertTrue(receiving.isShutdown());
      assertFalse(ran.get());
      assertEquals(List.of(), ofJGroups(log));
    }
  }

  private static List<String> ofJGroups(LogRecords log) {
    return log.warnings().stream().filter(line -> line.startsWith("org.jgroups")).toList();
  }

  @Test
  void aReplicaWithoutAFreeThreadWarns() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    try (ReplicatedMap here = join(cluster.policy("a", "secret"));
        LogRecords log = LogRecords.listen()) {
      ThreadPool receiving = channel(here).getProtocolStack().getTransport().getThreadPool();
      for (int i = 0; i <= receiving.getMaxThreads(); i++) {
        receiving.execute(() -> await(busy));
      }
      busy.countDown();
      assertTrue(
          ofJGroups(log).stream().anyMatch(line -> line.contains("thread pool is full")),
          log.warnings()::toString);
    } finally {
      busy.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aPeerThatSpeaksPlainTextIsRefused() throws Exception {
    ClusterPolicy policy = cluster.policy("a", "secret");
    try (ReplicatedMap here = join(policy);
        LogRecords log = LogRecords.listen();
        Socket stranger = new Socket(policy.bind(), policy.port())) {
      stranger.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      stranger.getOutputStream().write("bela, but not over TLS".getBytes(StandardCharsets.UTF_8));
      stranger.shutdownOutput();

      byte[] answer = readUntilClosed(stranger);

      assertFalse(new String(answer, StandardCharsets.ISO_8859_1).contains("bela"));
      assertEquals(1, here.members().size());
      assertEquals(List.of(), log.withTrace());
    }
  }

  private static byte[] readUntilClosed(Socket socket) throws IOException {
    try (InputStream in = socket.getInputStream()) {
      return in.readAllBytes();
    } catch (java.net.SocketException reset) {
      return new byte[0];
    }
  }

  @Test
  void onlyTheClusterPortIsOpen() throws Exception {
    ClusterPolicy policy = cluster.policy("a", "secret");
    Set<Integer> before = listening();
    try (ReplicatedMap here = join(policy)) {
      assertEquals(1, here.members().size());
      Set<Integer> after = listening();
      after.removeAll(before);
      assertEquals(Set.of(policy.port()), after);
    }
  }

  @Test
  void aPortOnWhichATestListensIsListed() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertNotEquals(0, socket.getLocalPort());
      assertTrue(listening().contains(socket.getLocalPort()));
    }
  }

  /** The TCP ports on which this process listens, from Linux's proc(5). */
  private static Set<Integer> listening() throws IOException {
    Set<String> sockets = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path file : files) {
        try {
          sockets.add(Files.readSymbolicLink(file).toString());
        } catch (NoSuchFileException closed) { // by another thread meanwhile
          continue;
        }
      }
    }
    Set<Integer> ports = new HashSet<>();
    for (String table : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(Path.of("/proc/self/net", table))) {
        String[] fields = line.strip().split("\\s+"); // sl local remote state ... inode
        if (fields[3].equals("0A") && sockets.contains("socket:[" + fields[9] + "]")) {
          ports.add(Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16));
        }
      }
    }
    return ports;
  }
}
