package narthex.bench.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.bench.Leftovers;
import narthex.nix.Compression;

/**
 * Cold pulls: nginx, then each mode, then the peer if one is given, round by round, each time with
 * nothing stored. After a round in mode eager: the bytes on disk, and the bytes of all NARs on the
 * wire with {@code Accept-Encoding: zstd}.
 */
final class ColdPart {
  private static final int BEFORE = Integer.getInteger("bench.cold.before", 0);

  private final Stage stage;
  private final Compression compression;
  private final List<Double> stored = new ArrayList<>();
  private final List<Double> sent = new ArrayList<>();

  ColdPart(Stage stage, Compression compression) {
    this.stage = stage;
    this.compression = compression;
  }

  void measure() throws IOException, InterruptedException {
    ColdPull proxy = new ColdPull(stage.fixtures(), compression);
    ColdPull others = ColdPull.ofOthers(stage.fixtures(), compression, BEFORE);
    ColdPull off = proxy.again();
    ColdPull eager = proxy.again();
    ColdPull peer = proxy.again();
    for (int round = 0; round < ColdPull.ROUNDS; round++) {
      proxy.pull(stage.nginx().proxyPort(), "?round=" + round, stage.nginx()::processorTime);
      pull(others, off);
      pull(others, eager, Stage.EAGER);
      pullFromPeer(peer);
    }
    String upstream = ", upstream " + compression.nixName();
    off.print("Cold pull, off" + upstream, "Narthex", proxy, stage.report());
    eager.print("Cold pull, eager" + upstream, "Narthex", proxy, stage.report());
    if (Peer.isGiven()) {
      peer.print("Cold pull" + upstream, "peer", proxy, stage.report());
    }
    if (BEFORE > 0) {
      return;
    }
    List<Double> files = stored.stream().map(it -> proxy.upstreamMegabytes()).toList();
    String there = "the upstream's files";
    stage.report().add("Stored after eager" + upstream + ", MB", there, files, stored, "");
    stage.report().add("On the wire as zstd, eager" + upstream + ", MB", there, files, sent, "");
  }

  private void pull(ColdPull others, ColdPull pull, String... options)
      throws IOException, InterruptedException {
    Path data = stage.folder().resolve("narthex-cold");
    try (NarthexServer narthex = stage.start(data.getFileName().toString(), options)) {
      if (BEFORE > 0) {
        others.again().pull(narthex.port(), "", narthex::processorTime);
      }
      pull.pull(narthex.port(), "", narthex::processorTime);
      if (options.length > 0 && BEFORE == 0) { // the others would be stored too
        sent.add(pull.megabytesOnTheWire(narthex.port()));
        stored.add(megabytes(data.resolve("data")));
      }
    }
    Leftovers.remove(data);
  }

  private void pullFromPeer(ColdPull pull) throws IOException, InterruptedException {
    Path folder = stage.folder().resolve("peer-cold");
    Optional<Peer> given =
        Peer.start(folder, stage.nginx().upstreamPort(), stage.fixtures().publicKey());
    if (given.isPresent()) {
      try (Peer peer = given.get()) {
        pull.pull(peer.port(), "", peer::processorTime);
      }
    }
  }

  /** The megabytes of all blobs below a data folder. */
  private static double megabytes(Path data) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      return files
              .filter(file -> file.toString().contains("/blobs/") && Files.isRegularFile(file))
              .mapToLong(ColdPart::size)
              .sum()
          / 1e6;
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
