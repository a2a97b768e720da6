package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long those wait who need so many bytes of a representation in flight. */
@Timeout(60)
class AwaitedBytesTest {
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofDays(1);

  private final ExecutorService readers = Executors.newCachedThreadPool();
  private final GrowingManifest manifest =
      new GrowingManifest(from -> InputStream.nullInputStream(), OptionalLong.empty());

  @AfterEach
  void stop() {
    readers.shutdownNow();
  }

  @Test
  void awaitByteReturnsOnceTheByteIsThereOrNoneWillCome() throws Exception {
    Future<Long> waiting = readers.submit(() -> manifest.awaitByte(5));
    manifest.grown(5);
    assertFalse(waiting.isDone());
    manifest.grown(1);
    assertEquals(6, waiting.get());
    manifest.written();
    assertEquals(6, manifest.awaitByte(1000));
    manifest.fail(new IOException("wrong"));
    assertThrows(IOException.class, () -> manifest.awaitByte(1000));
  }

  @Test
  void awaitMoreTakesFewerBytesOnceItsPatienceEnds() throws Exception {
    manifest.grown(5);
    assertEquals(5, manifest.awaitMore(4, 1000, SHORT));
    Future<Long> waiting = readers.submit(() -> manifest.awaitMore(5, 1000, SHORT));
    manifest.grown(1);
    assertEquals(6, waiting.get());
  }

  @Test
  void awaitMoreIsPatientUntilTheWantedBytesAreThereOrNoneWillCome() throws Exception {
    Future<Long> waiting = readers.submit(() -> manifest.awaitMore(0, 8, LONG));
    manifest.grown(8);
    assertFalse(waiting.isDone());
    manifest.grown(1);
    assertEquals(9, waiting.get());
    manifest.written();
    assertEquals(9, manifest.awaitMore(9, 1000, LONG));
  }
}
