package narthex.staging;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** Replicas with an embedded Infinispan each. */
class InfinispanRegistryTest extends InFlightRegistryContract {
  private final ClusterFixture cluster;

  InfinispanRegistryTest() {
    cluster = new ClusterFixture(Duration.ofMinutes(1));
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Override
  InFlightRegistry join(String name) throws IOException {
    return cluster.join(name);
  }
}
