package narthex.staging;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import narthex.testing.PortPair;

/** Replicas of one cluster in this process, which talk over the loopback interface. */
final class ClusterFixture implements AutoCloseable {
  private static final int MOST = 3;

  /** Much longer than in a server, as a busy machine must not fail a test. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final String cluster = "test-" + UUID.randomUUID();
  private final InetAddress loopback = InetAddress.getLoopbackAddress();
  private final List<InetSocketAddress> addresses = new ArrayList<>();
  private final List<ExecutorService> executors = new ArrayList<>();
  private final Duration linger;
  private int joined; // guarded by this

  ClusterFixture(Duration linger) {
    this.linger = linger;
    for (int i = 0; i < MOST; i++) {
      addresses.add(new InetSocketAddress(loopback, PortPair.find()));
    }
  }

  InFlightRegistry join(String name) throws IOException {
    return join(name, "secret");
  }

  InFlightRegistry join(String name, String secret) throws IOException {
    return InfinispanRegistry.join(policy(name, secret), resources());
  }

  ClusterPolicy policy(String name, String secret) {
    return policy(name, new ClusterPolicy.Fixed(addresses), secret);
  }

  ClusterPolicy policy(String name, ClusterPolicy.Discovery discovery) {
    return policy(name, discovery, "secret");
  }

  private ClusterPolicy policy(String name, ClusterPolicy.Discovery discovery, String secret) {
    return new ClusterPolicy(
        cluster, name + "-" + UUID.randomUUID(), loopback, nextPort(), discovery, secret);
  }

  InfinispanRegistry.Resources resources() {
    return resources(Executors.newFixedThreadPool(4));
  }

  /** With these threads for calls, which this stops. */
  InfinispanRegistry.Resources resources(ExecutorService calls) {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    synchronized (this) {
      executors.add(calls);
      executors.add(timer);
    }
    return new InfinispanRegistry.Resources(calls, timer, PATIENCE, linger);
  }

  private synchronized int nextPort() {
    return addresses.get(joined++).getPort();
  }

  @Override
  public synchronized void close() {
    executors.forEach(ExecutorService::shutdownNow);
  }
}
