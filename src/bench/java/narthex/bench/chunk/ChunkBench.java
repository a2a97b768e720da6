package narthex.bench.chunk;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;
import narthex.bench.Leftovers;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.nix.Compression;

/**
 * Measures chunking; see {@code src/bench/README.md}. Arguments: the parts to run ({@code ingest},
 * {@code dedup}, {@code bucket}, {@code follow}, {@code repack}; default: all).
 */
public final class ChunkBench {
  private static final List<String> PARTS =
      List.of("ingest", "dedup", "bucket", "follow", "repack");

  private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
  private static final Path TREE = Path.of(System.getProperty("bench.tree", "/usr"));
  private static final long BYTES = Long.getLong("bench.megabytes", 192) * 1_000_000;
  private static final List<String> COMPRESSIONS =
      List.of(System.getProperty("bench.compressions", "xz,zstd,none").split(",", -1));
  private static final int PIECE_BYTES = 1 << 20;

  private ChunkBench() {}

  /** Runs the benchmark and deletes its files. */
  public static void main(String[] arguments) throws IOException {
    List<String> parts = arguments.length == 0 ? PARTS : Arrays.asList(arguments);
    if (!PARTS.containsAll(parts)) {
      throw new IllegalArgumentException("parts are " + PARTS);
    }
    Logger.getLogger("").setLevel(Level.WARNING);
    Path folder = Files.createTempDirectory("narthex-bench-").toRealPath();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Leftovers.remove(folder)));
    System.out.printf(
        "%s, %d processors, Java %s, %d rounds%n",
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version(),
        ROUNDS);
    TreeNar tree = new TreeNar(TREE, BYTES);
    if (parts.contains("ingest")) {
      ingest(tree, Files.createDirectories(folder.resolve("ingest")));
    }
    if (parts.contains("dedup")) {
      Deduplication.print(tree, Files.createDirectories(folder.resolve("dedup")));
    }
    if (parts.contains("bucket")) {
      new Bucket(Files.createDirectories(folder.resolve("bucket")), ROUNDS).print(tree);
    }
    if (parts.contains("repack")) {
      Recompression.print(tree, Files.createDirectories(folder.resolve("repack")));
    }
    if (parts.contains("follow")) {
      follow(tree, Files.createDirectories(folder.resolve("follow")));
    }
  }

  private static void follow(TreeNar tree, Path folder) throws IOException {
    Sample plain = Sample.plain(folder.resolve("tree.nar"), it -> tree.write(Build.FIRST, it));
    Sample sample = plain.compressed(Compression.ZSTD);
    Following following = new Following(folder, ROUNDS);
    following.print(sample, "off");
    following.print(sample, "eager");
    following.close();
  }

  private static void ingest(TreeNar tree, Path folder) throws IOException {
    Ingestion ingestion = new Ingestion(folder, ROUNDS);
    Sample plain = Sample.plain(folder.resolve("tree.nar"), it -> tree.write(Build.FIRST, it));
    for (String name : COMPRESSIONS) {
      Compression compression = Compression.parse(name);
      Sample sample = compression == Compression.NONE ? plain : plain.compressed(compression);
      ingestion.compare("Eager ingestion of a tree from " + name, sample);
    }
    Sample random = Sample.plain(folder.resolve("random.nar"), ChunkBench::writeRandom);
    ingestion.compare("Eager ingestion of random bytes from none", random);
  }

  private static void writeRandom(OutputStream out) throws IOException {
    long length = BYTES / PIECE_BYTES * PIECE_BYTES;
    SplittableRandom random = new SplittableRandom(1);
    TreeNar.beginFile(length, out);
    byte[] piece = new byte[PIECE_BYTES];
    for (long left = length; left > 0; left -= piece.length) {
      random.nextBytes(piece);
      out.write(piece);
    }
    TreeNar.endFile(out);
  }
}
