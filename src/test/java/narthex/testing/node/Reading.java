package narthex.testing.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import org.jspecify.annotations.Nullable;

/** One client that reads a NAR from an offset to its end. */
public final class Reading {
  private static final int PATIENCE_SECONDS = 30;

  /** What a client saw in the end. */
  public enum Outcome {
    /** A clean end; the bytes were compared with the true ones. */
    RIGHT,
    /** A sure absence. */
    ABSENT,
    /** A failure, whatever came before it. */
    FAILED
  }

  private final CompletableFuture<byte @Nullable []> bytes;
  private final Sample sample;
  private final NarFileName name;
  private final long from;

  private Reading(Node node, Sample sample, NarFileName name, long from) {
    this.sample = sample;
    this.name = name;
    this.from = from;
    this.bytes = new CompletableFuture<>();
    Thread thread = new Thread(() -> run(node), "reading-" + name.compression() + "-" + from);
    thread.setDaemon(true);
    thread.start();
  }

  /** Starts to read. */
  public static Reading start(Node node, Sample sample, NarFileName name, long from) {
    return new Reading(node, sample, name, from);
  }

  /** Starts so many readings, of the file and of the NAR in turn, from many offsets. */
  public static List<Reading> startMany(Node node, Sample sample, int count) {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      NarFileName name = i % 2 == 0 ? sample.fileName() : sample.narName();
      int length = sample.bytes(name, 0).length;
      long from =
          switch (i / 2 % 4) {
            case 0 -> 0;
            case 1 -> length / 2;
            case 2 -> length - 1;
            default -> 1;
          };
      readings.add(start(node, sample, name, from));
    }
    return readings;
  }

  /** Waits for the end; fails the test if the end was clean and anything was not right. */
  public Outcome outcome() {
    byte[] got;
    try {
      got = bytes.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException) {
        return Outcome.FAILED;
      }
      throw new AssertionError("a reading broke", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("a reading of " + name.print() + " never ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    if (got == null) {
      return Outcome.ABSENT;
    }
    assertArrayEquals(sample.bytes(name, from), got, name.print() + " from " + from);
    return Outcome.RIGHT;
  }

  /** The outcomes of all. */
  public static List<Outcome> outcomes(List<Reading> readings) {
    return readings.stream().map(Reading::outcome).toList();
  }

  private void run(Node node) {
    try {
      Optional<NarSource> source = node.nars().find(name);
      if (source.isEmpty()) {
        bytes.complete(null);
        return;
      }
      try (InputStream in = source.get().open(from)) {
        bytes.complete(in.readAllBytes());
      }
    } catch (IOException | RuntimeException | Error e) {
      bytes.completeExceptionally(e);
    }
  }
}
