package narthex.wiring;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.BeforeBeanDiscovery;
import jakarta.enterprise.inject.spi.Extension;

/**
 * Names the CDI bean. {@code beans.xml} switches off the discovery of beans, because a search
 * through all classes takes time at each start.
 */
public final class CdiBeans implements Extension {
  /** Adds the bean. Called by the CDI container. */
  void add(@Observes BeforeBeanDiscovery event) {
    event.addAnnotatedType(Deployment.class, Deployment.class.getName());
  }
}
