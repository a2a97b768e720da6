package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.LogRecords;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose clients want more than it may store. */
class EvictionHttpTest {
  private static final int SAMPLES = 16;
  private static final int NAR_BYTES = 200_000;

  private static Sample sample(int seed) {
    return Sample.of("small-" + seed, NarTree.random(seed, NAR_BYTES).nar(), Compression.NONE);
  }

  private static void read(HttpFixture http, Sample sample) throws IOException {
    assertArrayEquals(
        sample.bytes(sample.fileName(), 0), http.get(HttpFixture.path(sample.fileName())).body());
  }

  @Test
  void anEvictedNarIsFetchedAgainUnderARememberedNarinfo(@TempDir Path folder) throws Exception {
    Map<String, String> settings =
        Map.of("narthex.max-size", "1MiB", "narthex.evict.low-water", "0.3");
    try (LogRecords log = LogRecords.listen();
        HttpFixture http = HttpFixture.start(folder, settings)) {
      List<Sample> samples = new ArrayList<>();
      for (int i = 0; i < SAMPLES; i++) {
        samples.add(http.know(sample(i)));
        read(http, samples.get(i));
      }
      Soon.await("eviction")
          .until(log::ours, all -> all.stream().anyMatch(it -> it.startsWith("nars evicted")));

      samples.forEach(sample -> http.upstream.remove(sample.narInfoTarget()));
      for (Sample sample : samples) {
        read(http, sample);
      }

      assertTrue(http.upstream.requests().countGetsBelow("/nar/") > SAMPLES);
      assertEquals(
          200, http.get(samples.get(0).narInfoTarget()).statusCode(), "the narinfo is kept");
    }
  }
}
