package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.testing.OtherJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** In a process of its own, as the first virtual thread of a JVM decides on the carriers of all. */
@EnabledForJreRange(min = JRE.JAVA_24)
class CarriersTest {
  private static final int ANSWERED = 0;

  @Test
  void aRequestIsAnsweredWhileAsManyAsThereAreProcessorsCompute() throws Exception {
    assertEquals(ANSWERED, OtherJvm.run(Requests.class, List.of()));
  }

  /** The other process: it ends as soon as a request is answered beside others that compute. */
  static final class Requests {
    private Requests() {}

    public static void main(String[] arguments) throws Exception {
      RequestThreads.addCarriers();
      ExecutorService threads = // of Java 21, and this is compiled for 17
          (ExecutorService)
              Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
      int processors = Runtime.getRuntime().availableProcessors();
      CountDownLatch computing = new CountDownLatch(processors);
      for (int i = 0; i < processors; i++) {
        threads.execute(
            () -> {
              computing.countDown();
              compute();
            });
      }
      computing.await();
      threads.execute(() -> Runtime.getRuntime().halt(ANSWERED));
      Thread.currentThread().join();
    }

    private static void compute() {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.onSpinWait();
      }
    }
  }
}
