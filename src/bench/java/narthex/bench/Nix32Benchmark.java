package narthex.bench;

import java.util.Base64;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import narthex.nix.Nix32;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encodes and decodes a SHA-256 in nix32; the yardstick is the JDK's Base64 of the same 32 bytes.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Nix32Benchmark {
  private static final int SHA256_BYTES = 32;

  private final byte[] bytes = new byte[SHA256_BYTES];
  private final String nix32;
  private final String base64;

  /** Makes random bytes, the same in every run. */
  public Nix32Benchmark() {
    new Random(1).nextBytes(bytes);
    nix32 = Nix32.encode(bytes);
    base64 = Base64.getEncoder().encodeToString(bytes);
  }

  /** Narthex. */
  @Benchmark
  public String encode() {
    return Nix32.encode(bytes);
  }

  /** Yardstick. */
  @Benchmark
  public String encodeYardstickBase64() {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Narthex. */
  @Benchmark
  public byte[] decode() {
    return Nix32.decode(nix32);
  }

  /** Yardstick. */
  @Benchmark
  public byte[] decodeYardstickBase64() {
    return Base64.getDecoder().decode(base64);
  }
}
