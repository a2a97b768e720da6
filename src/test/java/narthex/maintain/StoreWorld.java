package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.Eviction.Limits;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Options;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.Fsck.Start;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.StorePathHash;
import narthex.serve.NarSource;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;

/**
 * A node, an upstream with some NARs that share files, uploads, and what must be stored. Each step
 * takes an hour.
 */
final class StoreWorld implements AutoCloseable {
  static final int SAMPLES = 7;

  /** Those before it are at the upstream; the others only with clients. */
  private static final int FIRST_UPLOAD = 5;

  private static final int FILE_BYTES = 20_000;
  private static final int FILES = 4;
  private static final int BEGIN = 1_000;
  private static final int MOST_READERS = 3;
  private static final long ROOM = 3L * FILES * FILE_BYTES;
  private static final Duration SPARE_UPLOADS = Duration.ofDays(1);

  /** What one step does; its number says which sample it concerns. */
  enum Action {
    FETCH,
    UPLOAD,
    DELETE,
    PIN,
    UNPIN,
    EVICT,
    COLLECT,
    CHUNK,
    DELETE_FILES,
    BEGIN_READER,
    FINISH_READER,
    REPAIR,
    RESTART,
    KILL,
    NEXT_MODE
  }

  record Step(Action action, int which) {}

  private static final class Reader {
    final Sample sample;
    final InputStream in;
    boolean mayBreak;

    Reader(Sample sample, InputStream in) {
      this.sample = sample;
      this.in = in;
    }
  }

  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final List<Sample> samples = new ArrayList<>();
  private final Set<Integer> uploaded = new HashSet<>();

  /** What was stored while a pin kept it, or uploaded. */
  private final Set<Integer> owed = new HashSet<>();

  private final List<Reader> readers = new ArrayList<>();
  private final MortalNode process;
  private CdcMode mode;
  private Instant now = Instant.now();
  private final Deaths deaths;
  private Node node;

  StoreWorld(Path folder, Node.Options options, MortalNode.Blobs blobs, CdcMode mode)
      throws IOException {
    this.process = new MortalNode(folder, options.withClock(() -> now), blobs, upstream);
    this.deaths = new Deaths(process::isKilled);
    this.mode = mode;
    for (int i = 0; i < SAMPLES; i++) {
      TreeMap<String, NarTree> files = new TreeMap<>();
      for (int file = 0; file < FILES; file++) {
        files.put("file" + file, NarTree.mixed((i + file) % 5 + 10L * (file % 2), FILE_BYTES));
      }
      files.put("own", NarTree.file("sample " + i));
      Sample sample =
          Sample.of(
              "store-" + i,
              NarTree.directory(files).nar(),
              i % 2 == 0 ? Compression.XZ : Compression.ZSTD);
      samples.add(i == 0 ? sample : sample.referringTo(samples.get(i - 1)));
    }
    for (int i = 0; i < FIRST_UPLOAD; i++) {
      samples.get(i).publish(upstream);
    }
    node = process.restart(mode);
  }

  /** Does a step. If the process dies meanwhile, another one takes its place. */
  void run(Step step) throws Exception {
    now = now.plus(Duration.ofHours(1));
    if (deaths.in(() -> act(step), step.action() == Action.KILL)) {
      Thread.interrupted(); // it was the dead process that was interrupted
      forgetPromises(step);
      restart();
    }
    note();
  }

  /** A client that gets no answer doesn't know whether its request was done. */
  private void forgetPromises(Step step) throws IOException {
    if (step.action() == Action.DELETE) {
      uploaded.remove(step.which());
    }
  }

  /** How often the process was killed in the middle of a step. */
  int killedAtWork() {
    return deaths.inTheMiddle();
  }

  private void act(Step step) throws Exception {
    int which = step.which();
    Sample sample = samples.get(which);
    switch (step.action()) {
      case FETCH -> fetch(samples.get(which % FIRST_UPLOAD));
      case UPLOAD -> upload(FIRST_UPLOAD + which % (SAMPLES - FIRST_UPLOAD));
      case DELETE -> delete(which);
      case PIN -> {
        node.chores().pin(sample.hash(), Progress.SILENT);
        node.awaitIdle();
      }
      case UNPIN -> node.chores().pins().remove(sample.hash());
      case EVICT -> {
        node.chores().writeUses();
        Limits limits = new Limits(OptionalLong.of(ROOM), OptionalLong.empty(), 0.9);
        node.chores()
            .eviction(
                new Eviction.Policy(limits, SPARE_UPLOADS, Keep.UNAVAILABLE),
                () -> Long.MAX_VALUE,
                Leases.ALONE,
                () -> {})
            .check();
      }
      case COLLECT -> node.chores().collect();
      case CHUNK -> node.chores().chunk();
      case DELETE_FILES -> {
        now = now.plus(Duration.ofDays(2));
        readers.forEach(reader -> reader.mayBreak = true); // they had two days
        node.chores().delete();
      }
      case BEGIN_READER -> begin(sample);
      case FINISH_READER -> {
        if (!readers.isEmpty()) {
          finish(readers.remove(0));
        }
      }
      case REPAIR -> repair();
      case RESTART -> restart();
      case KILL -> process.killAfter(1 + which * which / 2); // 1, 1, 3, 5, 9, 13 or 19 writes
      case NEXT_MODE -> {
        mode = CdcMode.values()[which % CdcMode.values().length];
        restart();
      }
    }
  }

  /** Notes what must be stored after a step. */
  private void note() throws IOException {
    for (Reader reader : readers) {
      reader.mayBreak |= !node.isStored(reader.sample);
    }
    Set<Integer> needed = kept();
    needed.addAll(uploaded);
    owed.retainAll(needed);
    for (int each : needed) {
      if (node.isStored(samples.get(each))) {
        owed.add(each);
      }
    }
  }

  private void fetch(Sample sample) throws IOException {
    assertTrue(node.narInfo(sample).isPresent());
    read(sample);
  }

  private void read(Sample sample) throws IOException {
    NarFileName name = sample.narName();
    try (NarSource source = node.nars().find(name).orElseThrow();
        InputStream bytes = source.open(0)) {
      assertArrayEquals(sample.bytes(name, 0), bytes.readAllBytes());
    }
    node.awaitIdle();
  }

  /** Uploads a path after the one that it refers to, as Nix does. */
  private void upload(int which) throws IOException {
    if (which > FIRST_UPLOAD) {
      upload(which - 1);
    } else {
      fetch(samples.get(which - 1));
    }
    EvictionFixture.upload(node, samples.get(which));
    uploaded.add(which);
  }

  private void delete(int which) throws IOException {
    boolean isKept = kept().contains(which) && owed.contains(which);
    try {
      node.chores().deletePath(samples.get(which));
      assertFalse(isKept, "a pinned path was deleted");
      uploaded.remove(which);
    } catch (PathPinnedException refused) {
      // a pin keeps it
    }
  }

  /** The samples that a pin keeps: each refers to the one before it, as its narinfo says. */
  private Set<Integer> kept() throws IOException {
    Set<Integer> kept = new HashSet<>();
    Set<StorePathHash> pinned =
        node.chores().pins().list().stream().map(ListedPin::hash).collect(Collectors.toSet());
    for (int root = 0; root < SAMPLES; root++) {
      for (int which = root; pinned.contains(samples.get(root).hash()) && which >= 0; which--) {
        boolean isKnown = node.database().findNarInfo(samples.get(which).hash()).isPresent();
        if (isKnown || owed.contains(which)) { // a NAR without a narinfo is that of no path
          kept.add(which);
        }
        if (!isKnown) {
          break;
        }
      }
    }
    return kept;
  }

  /** A NAR without a narinfo may lack its name: its upload was broken off. */
  private void begin(Sample sample) throws IOException {
    if (readers.size() < MOST_READERS
        && node.isStored(sample)
        && node.database().findNarInfo(sample.hash()).isPresent()) {
      NarFileName name = sample.narName();
      Optional<NarSource> source = node.nars().findHere(name);
      Reader reader = new Reader(sample, source.orElseThrow().open(0));
      assertArrayEquals(
          java.util.Arrays.copyOf(sample.bytes(name, 0), BEGIN), reader.in.readNBytes(BEGIN));
      readers.add(reader);
    }
  }

  /** A reader of a NAR that went away meanwhile may fail, but must not get wrong bytes. */
  private static void finish(Reader reader) throws IOException {
    try (InputStream in = reader.in) {
      assertArrayEquals(reader.sample.bytes(reader.sample.narName(), BEGIN), in.readAllBytes());
    } catch (IOException broken) {
      assertTrue(reader.mayBreak, () -> "broken: " + broken);
    }
  }

  private void restart() throws IOException {
    for (Reader reader : readers) {
      reader.in.close();
    }
    readers.clear();
    node = process.restart(mode);
  }

  /** What clients uploaded and what is pinned is stored, and right. */
  void check() throws IOException {
    for (int which : owed) {
      Sample sample = samples.get(which);
      NarFileName name = sample.narName();
      Optional<NarSource> found = node.nars().findHere(name);
      assertTrue(found.isPresent(), () -> "lost: " + which);
      try (NarSource source = found.get();
          InputStream bytes = source.open(0)) {
        assertArrayEquals(sample.bytes(name, 0), bytes.readAllBytes());
      }
    }
  }

  /** Everything that the upstream has can be had. */
  void checkAll() throws IOException {
    for (int i = 0; i < FIRST_UPLOAD; i++) {
      fetch(samples.get(i));
    }
  }

  /** A killed process may leave something that nobody needs, but nothing wrong. */
  private void repair() throws IOException {
    List<String> wrong =
        fsck(Repair.ALL).stream()
            .filter(line -> !line.startsWith("orphan: ") && !line.startsWith("unreferenced-nar: "))
            .toList();
    assertEquals(List.of(), wrong);
  }

  /** Restarts a process that isn't killed, and collects what nothing refers to. */
  void quiesce() throws IOException {
    process.spareNext();
    restart();
    assertEquals(List.of(), node.temporaryFiles());
    now = now.plus(Duration.ofDays(30));
    node.chores().sweep();
    node.chores().collect();
    node.chores().collect();
    node.chores().collectUnnamed();
  }

  /** What a deep check finds: wrong things, and blobs that nothing needs. */
  List<String> findings() throws IOException {
    return fsck(Repair.NOTHING);
  }

  private List<String> fsck(Repair repair) throws IOException {
    RecordedProgress progress = new RecordedProgress();
    FsckResult result =
        node.chores().fsck().run(new Options(Depth.DEEP, repair, Start.ANEW, 0), progress);
    assertEquals(
        result.found().values().stream().mapToLong(Long::longValue).sum(), progress.told.size());
    assertTrue(result.wrong() > 0 || result.isEnded());
    return progress.told;
  }

  @Override
  public void close() throws IOException {
    for (Reader reader : readers) {
      reader.in.close();
    }
    process.close();
    upstream.close();
  }
}
