package narthex.bench;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import narthex.chunk.ChunkSizes;
import narthex.chunk.Chunker;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Chunks 64 MiB of random bytes; the result is the time per MiB. The yardstick is a gear hash over
 * all bytes that never cuts: it takes one byte per step and skips nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChunkerBenchmark {
  private static final int MEBIBYTES = 64;

  private final byte[] bytes = new byte[MEBIBYTES << 20];
  private final long[] gear = new long[256];
  private final Chunker chunker = new Chunker(new ChunkSizes(16 << 10, 64 << 10, 256 << 10));

  /** Fills the bytes and the yardstick's table. */
  public ChunkerBenchmark() {
    SplittableRandom random = new SplittableRandom(1);
    random.nextBytes(bytes);
    for (int i = 0; i < gear.length; i++) {
      gear[i] = random.nextLong();
    }
  }

  /** Narthex. */
  @Benchmark
  @OperationsPerInvocation(MEBIBYTES)
  public int cut() {
    int count = 0;
    for (int at = 0; at < bytes.length; count++) {
      at += chunker.cut(bytes, at, bytes.length);
    }
    return count;
  }

  /** Yardstick. */
  @Benchmark
  @OperationsPerInvocation(MEBIBYTES)
  public long cutYardstickGearLoop() {
    long hash = 0;
    long least = Long.MAX_VALUE;
    for (byte value : bytes) {
      hash = (hash << 1) + gear[value & 0xff];
      least = Math.min(least, hash & 0x7fff_f000_0000_0000L);
    }
    return least;
  }
}
