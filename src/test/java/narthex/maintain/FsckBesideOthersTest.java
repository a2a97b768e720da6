package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.chunk.PackCompaction;
import narthex.ingest.CdcMode;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Repair;
import narthex.nix.Compression;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The check of the store while others store, evict, collect, compact and delete. */
class FsckBesideOthersTest extends FsckFixture {
  private static final int SAMPLES = 8;
  private static final int CHECKS = 12;

  private final List<Sample> samples = new ArrayList<>();
  private volatile int changes;
  private volatile int compactions;

  /** NARs that share most of their files, so that collected packs are sparse and get compacted. */
  private static Sample sample(int number) {
    var files = new TreeMap<String, NarTree>();
    for (int i = 0; i < 4; i++) {
      files.put("file" + i, NarTree.random((number + i) % SAMPLES, 20_000));
    }
    return Sample.of("shared-" + number, NarTree.directory(files).nar(), Compression.ZSTD);
  }

  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  @ParameterizedTest
  @EnumSource(names = {"OFF", "EAGER"})
  void nothingIsFoundInASoundStoreThatChanges(CdcMode mode) throws Exception {
    open(mode);
    for (int i = 0; i < SAMPLES; i++) {
      samples.add(sample(i).publish(upstream));
    }
    AtomicBoolean ended = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      Future<Integer> changing = threads.submit(changes(ended));
      Future<Integer> compacting = threads.submit(() -> compact(ended, threads));
      for (int i = 0; i < CHECKS || isTooQuiet(mode); i++) {
        requireRunning(changing);
        requireRunning(compacting);
        FsckResult result = fsck(Depth.DEEP, Repair.ALL);

        assertEquals(0, result.wrong(), () -> told.toString());
        assertEquals(0, result.unchecked(), () -> told.toString());
        assertTrue(result.isEnded());
      }
      ended.set(true);
      changing.get();
      compacting.get();
    } finally {
      ended.set(true);
      threads.shutdownNow();
    }
  }

  /** Fails with the cause if it has ended. */
  private static void requireRunning(Future<?> work) throws Exception {
    if (work.isDone()) {
      work.get();
    }
  }

  private boolean isTooQuiet(CdcMode mode) {
    return changes < 2 * SAMPLES || (mode == CdcMode.EAGER && compactions < 3);
  }

  private Callable<Integer> changes(AtomicBoolean ended) {
    Random random = new Random(1);
    return () -> {
      while (!ended.get()) {
        Sample sample = samples.get(random.nextInt(SAMPLES));
        if (node.isStored(sample) && random.nextBoolean()) {
          node.chores().deletePath(sample);
        } else {
          assertTrue(node.narInfo(sample).isPresent());
          read(sample);
        }
        changes++;
      }
      return changes;
    };
  }

  /** Collects, compacts and deletes garbage without a grace. */
  private int compact(AtomicBoolean ended, ExecutorService packers) throws IOException {
    CompactPacks compaction =
        new CompactPacks(
            node.database(),
            new PackCompaction(
                StoredChunks.ofUsualSizes(blobs, node.database(), packers), OptionalInt.of(1)),
            1,
            () -> true,
            () -> now);
    while (!ended.get()) {
      node.chores().collect();
      for (String pack : compaction.find(Optional.empty(), 100)) {
        compactions += compaction.run(pack) ? 1 : 0;
      }
    }
    return compactions;
  }
}
