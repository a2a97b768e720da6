package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.NarStarts;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NarCheckTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final NarStarts starts = new NarStarts();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** The least number of first bytes that prove that the file is one of a NAR. */
  private int fewest(byte[] file, Compression compression) {
    int tooFew = 0;
    int enough = file.length;
    while (enough - tooFew > 1) {
      int middle = (tooFew + enough) / 2;
      if (starts.prove(compression, new ByteArrayInputStream(file, 0, middle))) {
        enough = middle;
      } else {
        tooFew = middle;
      }
    }
    return enough;
  }

  /** The bytes of an array, which tell when they were read and closed for the first time. */
  private static InputStream told(byte[] bytes, long from, CountDownLatch closed) {
    int offset = (int) from;
    return new FilterInputStream(new ByteArrayInputStream(bytes, offset, bytes.length - offset)) {
      @Override
      public void close() {
        closed.countDown();
      }
    };
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"NONE", "XZ", "ZSTD"})
  void aFewMoreBytesProveTheStartAlthoughTheSenderPausesThen(Compression compression)
      throws Exception {
    Sample sample = Sample.of(5, compression);
    byte[] file = sample.bytes(sample.fileName(), 0);
    int enough = fewest(file, compression);
    CountDownLatch looked = new CountDownLatch(1);
    GrowingManifest manifest =
        new GrowingManifest(from -> told(file, from, looked), OptionalLong.of(file.length));
    NarCheck check =
        new NarCheck(
            NarExpectation.announced(sample.id(), compression, null, null, "a test", "-"),
            null,
            List.of(manifest),
            new NarCheck.Means(
                threads,
                starts,
                new DecoderBudget(64 << 20).share(Work.DOWNLOADS),
                PATIENCE,
                null));
    var verified = check.start();

    manifest.grown(enough - 1);
    assertTrue(looked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    assertFalse(check.begun().isDone());
    manifest.grown(1);
    check.begun().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

    manifest.grown(file.length - enough);
    manifest.written();
    verified.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }
}
