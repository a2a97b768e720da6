package narthex.metrics;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.io.Closeable;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.InvalidAttributeValueException;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * Shows each meter as an MBean {@code narthex:context="…",name=…,<label>="…"}, with its values as
 * attributes, such as {@code count} and {@code total}. Thread-safe.
 */
final class JmxMeters implements Closeable {
  private static final System.Logger LOG = System.getLogger(JmxMeters.class.getName());

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final Set<ObjectName> registered = ConcurrentHashMap.newKeySet();
  private final String prefix;
  private volatile boolean closed;

  private JmxMeters(String prefix) {
    this.prefix = prefix;
  }

  /** Registers all meters, and those that are added later. */
  static JmxMeters register(MeterRegistry registry, String context) {
    JmxMeters beans = new JmxMeters("narthex:context=" + ObjectName.quote(free(context)));
    registry.config().onMeterAdded(beans::add);
    registry.getMeters().forEach(beans::add);
    return beans;
  }

  /** Two hosts of a server may have the same context path. */
  private static String free(String context) {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    String name = context;
    try {
      for (int number = 2; isTaken(server, name); number++) {
        name = context + "#" + number;
      }
    } catch (JMException e) {
      LOG.log(Level.DEBUG, "no search for MBeans", e);
    }
    return name;
  }

  private static boolean isTaken(MBeanServer server, String context) throws JMException {
    ObjectName pattern = new ObjectName("narthex:context=" + ObjectName.quote(context) + ",*");
    return !server.queryNames(pattern, null).isEmpty();
  }

  private void add(Meter meter) {
    try {
      ObjectName name = name(meter.getId());
      if (closed || !registered.add(name)) {
        return;
      }
      server.registerMBean(new MeterBean(meter), name);
    } catch (JMException | RuntimeException e) {
      LOG.log(Level.WARNING, "meter not shown by JMX name={0}", meter.getId().getName(), e);
    }
  }

  private ObjectName name(Meter.Id id) throws JMException {
    StringBuilder text = new StringBuilder(prefix).append(",name=").append(id.getName());
    for (Tag tag : id.getTags()) {
      String key = tag.getKey().equals("name") || tag.getKey().equals("context") ? "of" : "";
      text.append(',').append(key).append(tag.getKey()).append('=');
      text.append(ObjectName.quote(tag.getValue()));
    }
    return new ObjectName(text.toString());
  }

  @Override
  public void close() {
    closed = true;
    for (ObjectName name : registered) {
      try {
        server.unregisterMBean(name);
      } catch (JMException e) {
        LOG.log(Level.DEBUG, "MBean not unregistered", e);
      }
    }
  }

  private record MeterBean(Meter meter) implements DynamicMBean {
    private static String attribute(Measurement measurement) {
      return measurement.getStatistic().getTagValueRepresentation().toLowerCase(Locale.ROOT);
    }

    @Override
    public Object getAttribute(String attribute) throws AttributeNotFoundException {
      for (Measurement measurement : meter.measure()) {
        if (attribute(measurement).equals(attribute)) {
          return measurement.getValue();
        }
      }
      throw new AttributeNotFoundException(attribute);
    }

    @Override
    public AttributeList getAttributes(String[] attributes) {
      AttributeList list = new AttributeList();
      Set<String> wanted = Set.of(attributes);
      for (Measurement measurement : meter.measure()) {
        if (wanted.contains(attribute(measurement))) {
          list.add(new Attribute(attribute(measurement), measurement.getValue()));
        }
      }
      return list;
    }

    @Override
    public void setAttribute(Attribute attribute) throws InvalidAttributeValueException {
      throw new InvalidAttributeValueException("read-only");
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
      return new AttributeList();
    }

    @Override
    public @Nullable Object invoke(String action, Object[] parameters, String[] signature) {
      return null;
    }

    @Override
    public MBeanInfo getMBeanInfo() {
      List<MBeanAttributeInfo> attributes = new ArrayList<>();
      for (Measurement measurement : meter.measure()) {
        attributes.add(
            new MBeanAttributeInfo(
                attribute(measurement), "double", meter.getId().getBaseUnit(), true, false, false));
      }
      return new MBeanInfo(
          MeterBean.class.getName(),
          meter.getId().getDescription(),
          attributes.toArray(MBeanAttributeInfo[]::new),
          null,
          null,
          null);
    }
  }
}
