package narthex.staging;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import narthex.blob.Extent;
import narthex.testing.PortPair;
import org.infinispan.factories.GlobalComponentRegistry;
import org.infinispan.remoting.transport.Transport;
import org.infinispan.remoting.transport.jgroups.JGroupsTransport;
import org.jgroups.protocols.MsgStats;

/**
 * Records the batches of extents that a holder publishes, and measures what it takes to replicate
 * them between two replicas. It is in this package because the entries and the map are private to
 * it.
 */
public final class RegistryTraffic {
  private final Queue<Batch> batches = new ConcurrentLinkedQueue<>();

  private record Batch(StagedFlight attempt, int nth, List<Extent> extents) {}

  /**
   * What was published.
   *
   * @param parts number of blobs of which extents were published
   * @param extents number of extents
   * @param textBytes length of the entries' keys and values
   * @param sentBytes what two replicas sent each other, in both directions, without TLS and TCP
   */
  public record Sums(int parts, int extents, long textBytes, long sentBytes) {}

  /** Forgets what was recorded. */
  public void clear() {
    batches.clear();
  }

  /** A registry that records what is published to it. */
  public InFlightRegistry record(InFlightRegistry registry) {
    return (InFlightRegistry)
        Proxy.newProxyInstance(
            RegistryTraffic.class.getClassLoader(),
            new Class<?>[] {InFlightRegistry.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("publish")) {
                @SuppressWarnings("unchecked")
                List<Extent> extents = (List<Extent>) arguments[2];
                batches.add(
                    new Batch((StagedFlight) arguments[0], (Integer) arguments[1], extents));
              }
              try {
                return method.invoke(registry, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Replicates what was recorded between two replicas on the loopback address. */
  public Sums replicate() throws IOException {
    List<InetSocketAddress> members = List.of(address(), address());
    try (ReplicatedMap holder = join("holder", members, 0);
        ReplicatedMap follower = join("follower", members, 1)) {
      if (follower.members().size() != 2) {
        throw new IOException("the replicas did not meet: " + follower.members());
      }
      Set<String> parts = new HashSet<>();
      int extents = 0;
      long textBytes = 0;
      stats(holder).enable(true);
      stats(follower).enable(true);
      for (Batch batch : batches) {
        String key = RegistryText.batchKey(batch.attempt(), batch.nth());
        String text = RegistryText.print(batch.extents());
        holder.writing().put(key, text);
        textBytes += (key + text).getBytes(StandardCharsets.UTF_8).length;
        extents += batch.extents().size();
        batch.extents().forEach(extent -> parts.add(extent.blob()));
      }
      long sent = stats(holder).getNumBytesSent() + stats(follower).getNumBytesSent();
      return new Sums(parts.size(), extents, textBytes, sent);
    }
  }

  private static InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), PortPair.find());
  }

  private static ReplicatedMap join(String name, List<InetSocketAddress> members, int nth)
      throws IOException {
    return ReplicatedMap.join(
        new ClusterPolicy(
            "bench",
            name + "-" + UUID.randomUUID(),
            members.get(nth).getAddress(),
            members.get(nth).getPort(),
            new ClusterPolicy.Fixed(members),
            "bench"),
        key -> {});
  }

  private static MsgStats stats(ReplicatedMap map) {
    return ((JGroupsTransport)
            GlobalComponentRegistry.componentOf(map.map().getCacheManager(), Transport.class))
        .getChannel()
        .getProtocolStack()
        .getTransport()
        .getMessageStats();
  }
}
