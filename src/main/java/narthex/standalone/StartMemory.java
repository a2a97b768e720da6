package narthex.standalone;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Gives memory back to the system that only the start needed: free heap, and what the compiler of
 * the JVM has returned to the allocator of the C library.
 */
final class StartMemory {
  private static final System.Logger LOG = System.getLogger(StartMemory.class.getName());

  /** How much of the heap may stay free after a collection, in percent. */
  private static final String MOST_FREE = "MaxHeapFreeRatio";

  private static final String LEAST_FREE = "MinHeapFreeRatio";

  private StartMemory() {}

  /**
   * Collects the heap once, and shrinks it as far as the options of the JVM allow. It grows again
   * as needed. Takes a tenth of a second, in which requests wait. A JVM that can't do this keeps
   * the memory.
   */
  static void release() {
    try {
      collect();
      trim();
    } catch (JMException | RuntimeException | LinkageError unsupported) {
      LOG.log(System.Logger.Level.DEBUG, "memory of the start is kept", unsupported);
    }
  }

  private static void collect() {
    HotSpotDiagnosticMXBean options =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    String mostFree = options.getVMOption(MOST_FREE).getValue();
    options.setVMOption(MOST_FREE, options.getVMOption(LEAST_FREE).getValue());
    try {
      System.gc();
    } finally {
      options.setVMOption(MOST_FREE, mostFree);
    }
  }

  /** The allocator keeps what it could give back. Newer releases of the JVM, on Linux only. */
  private static void trim() throws JMException {
    ManagementFactory.getPlatformMBeanServer()
        .invoke(
            new ObjectName("com.sun.management:type=DiagnosticCommand"),
            "systemTrimNativeHeap",
            null,
            null);
  }
}
