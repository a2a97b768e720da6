package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CutQueueTest {
  private final CutQueue queue =
      new CutQueue(new Chunker(ChunkStoreFixture.SIZES), OptionalLong.empty());

  @Test
  void nobodyPacksTheSameChunksAgainAfterAFailure() throws Exception {
    byte[] bytes = new byte[1 << 20];
    new Random(1).nextBytes(bytes);
    int count = queue.put(bytes, 0, bytes.length);
    assertTrue(count > 0);
    assertTrue(queue.takeTurn());

    queue.fail(new IOException("wanted failure"));

    assertFalse(queue.takeTurn());
    assertFalse(queue.takeTurnEarly());
    assertThrows(IOException.class, queue::end);
  }
}
