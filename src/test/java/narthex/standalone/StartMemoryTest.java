package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class StartMemoryTest {
  @Test
  void theHeapMayHaveAsMuchFreeSpaceAfterwardsAsBefore() {
    String before = mostFree();

    StartMemory.release();

    assertEquals(before, mostFree());
  }

  private static String mostFree() {
    return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .getVMOption("MaxHeapFreeRatio")
        .getValue();
  }
}
