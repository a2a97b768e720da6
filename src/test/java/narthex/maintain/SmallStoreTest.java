package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.EvictionWalk.Candidate;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that is much smaller than what its clients ask for. */
class SmallStoreTest extends EvictionFixture {
  private static final int SAMPLES = 24;
  private static final int CLIENTS = 4;
  private static final int LEAST_READINGS = 50;
  private static final int READINGS_OF_A_PHASE = 10;

  /** How often the upstream is asked in the end; else the store was hardly ever too small. */
  private static final int FETCHES = 2 * SAMPLES;

  private static final long MAX_BYTES = SAMPLES * NAR_BYTES / 3;

  /** Reads NARs at random, some of them under the name that an older narinfo gave. */
  private void read(Node node, List<Sample> samples, int seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0;
        i < LEAST_READINGS || upstream.requests().countGetsBelow("/nar/") < FETCHES;
        i++) {
      int phase = i / READINGS_OF_A_PHASE * SAMPLES / 4; // clients work on other NARs than before
      Sample sample = samples.get((phase + random.nextInt(SAMPLES / 4)) % SAMPLES);
      if (random.nextBoolean()) {
        assertTrue(node.narInfo(sample).isPresent());
      }
      NarFileName name = random.nextBoolean() ? sample.fileName() : sample.narName();
      int from = random.nextInt(NAR_BYTES);
      try (NarSource source = node.nars().find(name).orElseThrow();
          InputStream bytes = source.open(from)) {
        assertArrayEquals(sample.bytes(name, from), bytes.readAllBytes());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void clientsNeverGetAWrongByteAndTheStoreStaysBelowItsLimit(CdcMode mode) throws Exception {
    Node node = open(mode);
    List<Sample> samples = samples(SAMPLES);
    fetchEach(node, samples);
    Eviction eviction = eviction(node, policy(MAX_BYTES, Keep.UNAVAILABLE));
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int seed = i;
        running.add(
            clients.submit(
                () -> {
                  read(node, samples, seed);
                  return null;
                }));
      }
      while (!running.stream().allMatch(Future::isDone)) {
        eviction.check();
        node.chores().writeUses();
        pass(Duration.ofSeconds(15));
      }
      for (Future<?> client : running) {
        client.get();
      }
    } finally {
      clients.shutdownNow();
    }

    node.awaitIdle();
    pass(Space.SETTLED); // the blobs of evicted chunks are collected elsewhere
    eviction.check();
    settle(eviction);

    EvictionWalk walk = EvictionWalk.begin(node.database(), nar -> false, Progress.SILENT);
    long bytes = 0;
    for (Optional<Candidate> left = walk.next(); left.isPresent(); left = walk.next()) {
      bytes += left.get().bytes();
    }
    long needed = bytes;
    assertTrue(needed <= MAX_BYTES, () -> needed + " of " + MAX_BYTES);
    if (mode == CdcMode.OFF) {
      assertEquals(needed, blobBytes(node));
    }
  }
}
