package narthex.bench;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import narthex.nix.NarInfo;
import narthex.nix.Signature;
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
 * Parses and prints a narinfo. The yardsticks validate nothing: they split a text into lines and
 * fields, and print it by {@code String.format}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class NarInfoBenchmark {
  private final NarInfo narInfo = new NarInfoSample().narInfo();
  private final String text = narInfo.print();

  /** Narthex: validates and converts every field. */
  @Benchmark
  public NarInfo parse() {
    return NarInfo.parse(text);
  }

  /** Yardstick: validates nothing, keeps all fields as text. */
  @Benchmark
  public Map<String, String> parseYardstickSplit() {
    Map<String, String> fields = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      String[] field = line.split(": ", 2);
      if (field.length == 2) {
        fields.put(field[0], field[1]);
      }
    }
    return fields;
  }

  /** Narthex. */
  @Benchmark
  public String print() {
    return narInfo.print();
  }

  /** Yardstick: the same text by the JDK's formatter. */
  @Benchmark
  public String printYardstickFormat() {
    Signature signature = narInfo.signatures().get(0);
    return String.format(
        Locale.ROOT,
        """
        StorePath: %s
        URL: %s
        Compression: %s
        FileHash: %s
        FileSize: %d
        NarHash: %s
        NarSize: %d
        References: %s
        Deriver: %s
        Sig: %s
        """,
        narInfo.storePath().print(),
        narInfo.file().url(),
        narInfo.file().compression().nixName(),
        narInfo.file().hash(),
        narInfo.file().sizeBytes(),
        narInfo.nar().hash(),
        narInfo.nar().sizeBytes(),
        String.join(" ", narInfo.references()),
        narInfo.deriver(),
        signature.print());
  }
}
