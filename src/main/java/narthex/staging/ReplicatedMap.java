package narthex.staging;

import io.reactivex.rxjava3.schedulers.Schedulers;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.infinispan.AdvancedCache;
import org.infinispan.commons.dataconversion.MediaType;
import org.infinispan.configuration.cache.CacheMode;
import org.infinispan.configuration.cache.Configuration;
import org.infinispan.configuration.cache.ConfigurationBuilder;
import org.infinispan.configuration.global.GlobalConfigurationBuilder;
import org.infinispan.configuration.global.ShutdownHookBehavior;
import org.infinispan.conflict.MergePolicy;
import org.infinispan.container.entries.InternalCacheEntry;
import org.infinispan.context.Flag;
import org.infinispan.factories.GlobalComponentRegistry;
import org.infinispan.lifecycle.ComponentStatus;
import org.infinispan.manager.DefaultCacheManager;
import org.infinispan.manager.EmbeddedCacheManager;
import org.infinispan.notifications.Listener;
import org.infinispan.notifications.Listener.Observation;
import org.infinispan.notifications.cachelistener.annotation.CacheEntryCreated;
import org.infinispan.notifications.cachelistener.annotation.CacheEntryModified;
import org.infinispan.notifications.cachelistener.annotation.CacheEntryRemoved;
import org.infinispan.notifications.cachelistener.annotation.DataRehashed;
import org.infinispan.notifications.cachelistener.annotation.TopologyChanged;
import org.infinispan.notifications.cachelistener.event.CacheEntryEvent;
import org.infinispan.notifications.cachelistener.event.Event;
import org.infinispan.notifications.cachemanagerlistener.annotation.Merged;
import org.infinispan.notifications.cachemanagerlistener.annotation.ViewChanged;
import org.infinispan.notifications.cachemanagerlistener.event.ViewChangedEvent;
import org.infinispan.partitionhandling.PartitionHandling;
import org.infinispan.remoting.transport.Address;
import org.infinispan.remoting.transport.Transport;
import org.infinispan.remoting.transport.jgroups.JGroupsTransport;
import org.jspecify.annotations.Nullable;

/**
 * One map of text to text of which every replica has a copy: an embedded Infinispan, started.
 * Thread-safe.
 */
final class ReplicatedMap implements Closeable {
  private static final System.Logger LOG = System.getLogger(ReplicatedMap.class.getName());
  private static final String CACHE = "flights";

  /** Longer than the failure detector takes, so that an operation survives a lost replica. */
  private static final long REMOTE_SECONDS = 15;

  private static final long LOCK_SECONDS = 5;
  private static final long TRANSFER_SECONDS = 60;
  private static final long WARM_UP_SECONDS = 2;

  /** How many are open in this class loader: the last one stops the threads of RxJava. */
  private static final AtomicInteger OPEN = new AtomicInteger();

  private final EmbeddedCacheManager manager;
  private final AdvancedCache<String, String> cache;
  private final String self;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ReplicatedMap(
      EmbeddedCacheManager manager, AdvancedCache<String, String> cache, String self) {
    this.manager = manager;
    this.cache = cache;
    this.self = self;
  }

  /**
   * Joins the cluster, or starts one.
   *
   * @param changed gets the keys that changed, and the empty text when members or many keys
   *     changed; runs in Infinispan's threads, so it must not block
   * @throws IOException if the channel can't be opened
   */
  static ReplicatedMap join(ClusterPolicy policy, Consumer<String> changed) throws IOException {
    ClusterChannel.checkPort(policy);
    GlobalConfigurationBuilder global = new GlobalConfigurationBuilder().clusteredDefault();
    // The machine is part of each member's address, so that it is known wherever the address is.
    global
        .transport()
        .addProperty(JGroupsTransport.CHANNEL_CONFIGURATOR, new ClusterChannel(policy))
        .clusterName(policy.cluster() + "-" + InFlightRegistry.WIRE_VERSION)
        .nodeName(policy.node())
        .machineId(policy.node());
    global.classLoader(ReplicatedMap.class.getClassLoader());
    global.jmx().disable();
    global.cacheContainer().statistics(false);
    global.metrics().gauges(false).histograms(false);
    global.shutdown().hookBehavior(ShutdownHookBehavior.DONT_REGISTER);
    EmbeddedCacheManager manager = new DefaultCacheManager(global.build(), false);
    if (OPEN.getAndIncrement() == 0) {
      Schedulers.start();
    }
    try {
      manager.defineConfiguration(CACHE, configuration());
      manager.start();
      manager.addListener(new Members(changed));
      AdvancedCache<String, String> cache =
          manager.<String, String>getCache(CACHE).getAdvancedCache();
      warmUp(cache, policy.node());
      cache.addListener(new Entries(changed));
      return new ReplicatedMap(manager, cache, policy.node());
    } catch (RuntimeException e) {
      stop(manager);
      throw new IOException("cannot join the cluster: " + rootMessage(e), e);
    }
  }

  /** Loads the classes of operations, so that the first ones of clients aren't slow. */
  private static void warmUp(AdvancedCache<String, String> cache, String key) {
    try {
      cache
          .putIfAbsentAsync(key, "1")
          .thenCompose(before -> cache.replaceAsync(key, "1", "2"))
          .thenCompose(done -> cache.removeAsync(key, "2"))
          .get(WARM_UP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(Level.DEBUG, "cluster is slow at the start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  private static Configuration configuration() {
    ConfigurationBuilder builder = new ConfigurationBuilder();
    builder
        .clustering()
        .cacheMode(CacheMode.REPL_SYNC)
        .remoteTimeout(REMOTE_SECONDS, TimeUnit.SECONDS)
        .stateTransfer()
        .awaitInitialTransfer(false)
        .timeout(TRANSFER_SECONDS, TimeUnit.SECONDS)
        .partitionHandling()
        .whenSplit(PartitionHandling.ALLOW_READ_WRITES)
        .mergePolicy(MergePolicy.PREFERRED_NON_NULL);
    builder.locking().lockAcquisitionTimeout(LOCK_SECONDS, TimeUnit.SECONDS);
    builder.encoding().mediaType(MediaType.APPLICATION_OBJECT);
    builder.statistics().enabled(false);
    return builder.build();
  }

  /** The map; operations may take long. */
  AdvancedCache<String, String> map() {
    return cache;
  }

  /** The map for writes whose old value doesn't matter. */
  AdvancedCache<String, String> writing() {
    return cache.withFlags(Flag.IGNORE_RETURN_VALUES);
  }

  /** The value in this replica's copy, or null. */
  @Nullable String peek(String key) {
    InternalCacheEntry<String, String> entry = cache.getDataContainer().peek(key);
    return entry == null ? null : entry.getValue();
  }

  /** The keys in this replica's copy. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    cache.getDataContainer().forEach(entry -> keys.add(entry.getKey()));
    return keys;
  }

  /** The nodes that are connected now, this one included. */
  Set<String> members() {
    List<Address> members = manager.getMembers();
    return members == null
        ? Set.of(self)
        : members.stream()
            .map(member -> Objects.toString(member.getMachineId()))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** Why the map works no more; empty while it does. It doesn't recover from a fault. */
  Optional<String> fault() {
    ComponentStatus managerStatus = manager.getStatus();
    if (managerStatus != ComponentStatus.RUNNING) {
      return Optional.of("the cache manager is " + text(managerStatus));
    }
    ComponentStatus cacheStatus = cache.getStatus();
    if (cacheStatus != ComponentStatus.RUNNING) {
      return Optional.of("the cache of flights is " + text(cacheStatus));
    }
    JGroupsTransport transport =
        (JGroupsTransport) GlobalComponentRegistry.componentOf(manager, Transport.class);
    return transport.getChannel().isConnected()
        ? Optional.empty()
        : Optional.of("the channel to the other replicas is closed");
  }

  private static String text(ComponentStatus status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  /** Whether this replica does what one of them must do. */
  boolean isCoordinator() {
    return manager.isCoordinator();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      stop(manager);
    }
  }

  private static void stop(EmbeddedCacheManager manager) {
    manager.stop();
    if (OPEN.decrementAndGet() == 0) {
      Schedulers.shutdown();
    }
  }

  /** Passes on changes of entries. Public, as Infinispan wants it. */
  @Listener(observation = Observation.POST)
  public static final class Entries {
    private final Consumer<String> changed;

    Entries(Consumer<String> changed) {
      this.changed = changed;
    }

    /** An entry changed. */
    @CacheEntryCreated
    @CacheEntryModified
    @CacheEntryRemoved
    public void entry(CacheEntryEvent<String, String> event) {
      changed.accept(event.getKey());
    }

    /** Entries came with others or left. */
    @DataRehashed
    @TopologyChanged
    public void entries(Event<String, String> event) {
      changed.accept("");
    }
  }

  /** Passes on changes of members. Public, as Infinispan wants it. */
  @Listener
  public static final class Members {
    private final Consumer<String> changed;

    Members(Consumer<String> changed) {
      this.changed = changed;
    }

    /** The members changed. */
    @ViewChanged
    @Merged
    public void members(ViewChangedEvent event) {
      changed.accept("");
    }
  }
}
