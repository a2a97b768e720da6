package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import narthex.blob.Extent;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.db.CollectionTable.Moved;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.db.ManifestPart;
import narthex.db.Representation;
import narthex.maintain.EvictionWalk.Candidate;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A walk over generated rows, compared with what follows from the definition. */
class EvictionWalkTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final int NARS = 40;
  private static final int CHUNKS = 900;
  private static final int PART_CHUNKS = 250;

  @TempDir Path folder;
  private Database database;

  /** A stored NAR; the one with the next number is used a minute later. */
  private record Model(int number, long wholeBytes, List<Integer> chunks) {
    Sha256 hash() {
      return EvictionWalkTest.hash(number);
    }
  }

  @BeforeEach
  void open() throws IOException {
    database =
        Database.open(
            new DatabaseAddress("jdbc:sqlite:" + folder.resolve("narthex.db"), null, null, null));
  }

  @AfterEach
  void close() throws IOException {
    database.close();
  }

  private static Sha256 hash(int number) {
    return Sha256.hash(ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
  }

  private static ChunkPlace chunk(int number) {
    int stored = 100 + number * 31 % 1000;
    return new ChunkPlace(number, hash(-number), "pack/a", number * 2000L, stored, 2000, number);
  }

  private static long storedBytes(Set<Integer> chunks) {
    return chunks.stream().mapToLong(number -> chunk(number).storedLength()).sum();
  }

  private void store(Model model) throws IOException {
    Instant time = NOON.plus(Duration.ofMinutes(model.number()));
    if (!model.chunks().isEmpty()) {
      List<ChunkPlace> all = model.chunks().stream().map(EvictionWalkTest::chunk).toList();
      List<ManifestPart> parts = new ArrayList<>();
      long length = 0;
      long frames = 0;
      for (int from = 0; from < all.size(); from += PART_CHUNKS) {
        List<ChunkPlace> some = all.subList(from, Math.min(all.size(), from + PART_CHUNKS));
        long partLength = some.stream().mapToLong(ChunkPlace::length).sum();
        long partFrames = some.stream().mapToLong(ChunkPlace::storedLength).sum();
        long[] numbers = some.stream().mapToLong(ChunkPlace::number).toArray();
        parts.add(new ManifestPart(parts.size(), length, frames, partLength, partFrames, numbers));
        length += partLength;
        frames += partFrames;
      }
      database.storeChunked(
          new NarId(model.hash(), length),
          all.stream().distinct().sorted(Comparator.comparing(ChunkPlace::hash)).toList(),
          parts,
          new Representation(Form.CHUNKED, Compression.NONE, model.hash(), frames, List.of()),
          time);
    }
    if (model.wholeBytes() > 0) {
      long bytes = model.wholeBytes();
      database.storeRepresentation(
          new NarId(model.hash(), 9),
          new Representation(
              Form.WHOLE,
              Compression.XZ,
              hash(model.number() + NARS),
              bytes,
              List.of(new Extent("whole-" + model.number(), 0, bytes, bytes))),
          time);
    }
  }

  /** NARs with chunks of their own, in runs, and with chunks of others. */
  private List<Model> storeSome(Random random) throws IOException {
    List<Model> models = new ArrayList<>();
    for (int number = 1; number <= NARS; number++) {
      List<Integer> chunks = new ArrayList<>();
      for (int runs = random.nextInt(4); runs > 0; runs--) {
        int first = 1 + random.nextInt(CHUNKS);
        IntStream.range(first, first + 1 + random.nextInt(300)).forEach(chunks::add);
      }
      for (int scattered = random.nextInt(40); scattered > 0; scattered--) {
        chunks.add(1 + random.nextInt(CHUNKS)); // possibly twice
      }
      long whole = chunks.isEmpty() || random.nextInt(4) == 0 ? 1 + random.nextInt(5000) : 0;
      Model model = new Model(number, whole, chunks);
      store(model);
      models.add(model);
    }
    return models;
  }

  /** What deleting the NARs up to a number frees, unless they are spared. */
  private static long freed(List<Model> models, Set<Sha256> spared, int upTo) {
    Set<Integer> gone = new HashSet<>();
    Set<Integer> needed = new HashSet<>();
    long whole = 0;
    for (Model model : models) {
      boolean goes = model.number() <= upTo && !spared.contains(model.hash());
      (goes ? gone : needed).addAll(model.chunks());
      whole += goes ? model.wholeBytes() : 0;
    }
    gone.removeAll(needed);
    return whole + storedBytes(gone);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void eachNarGivesWhatGoesWithItAndNotWithThoseBeforeIt(int seed) throws Exception {
    Random random = new Random(seed);
    List<Model> models = storeSome(random);
    Set<Sha256> spared =
        models.stream()
            .filter(model -> random.nextInt(5) == 0)
            .map(Model::hash)
            .collect(Collectors.toSet());

    EvictionWalk walk =
        EvictionWalk.begin(database, nar -> spared.contains(nar.hash()), Progress.SILENT);

    for (Model model : models) {
      long bytes =
          freed(models, spared, model.number()) - freed(models, spared, model.number() - 1);
      if (bytes > 0) {
        Candidate found = walk.next().orElseThrow();
        assertEquals(model.hash(), found.nar().hash());
        assertEquals(bytes, found.bytes());
      }
    }
    assertEquals(Optional.empty(), walk.next());
    assertEquals(spared.size(), walk.spared());
  }

  @Test
  void aChunkInAGroupCountsForItsPartOfTheGroup() throws Exception {
    store(new Model(1, 0, List.of(1, 2)));
    store(new Model(2, 0, List.of(3)));
    List<Moved> moved = new ArrayList<>();
    for (int number = 1; number <= 2; number++) {
      ChunkPlace old = chunk(number);
      ChunkGroup group = new ChunkGroup(60, 2 * old.length(), 7, moved.size() * old.length());
      ChunkPlace now =
          new ChunkPlace(
              number,
              old.hash(),
              "pack/b",
              0,
              old.storedLength(),
              old.length(),
              old.frameCrc(),
              group);
      moved.add(new Moved(old, now));
    }
    database.collection().move(moved, "pack/b", OptionalInt.of(19), NOON);

    EvictionWalk walk = EvictionWalk.begin(database, nar -> false, Progress.SILENT);

    assertEquals(60, walk.next().orElseThrow().bytes());
    assertEquals(chunk(3).storedLength(), walk.next().orElseThrow().bytes());
  }

  @Test
  void aNarThatIsUsedOrStoredMeanwhileIsNotFoundAgain() throws Exception {
    store(new Model(1, 0, List.of(1, 2)));
    store(new Model(2, 0, List.of(2, 3)));
    EvictionWalk walk = EvictionWalk.begin(database, nar -> false, Progress.SILENT);
    assertEquals(hash(1), walk.next().orElseThrow().nar().hash());

    database.uses().store(Set.of(hash(1)), NOON.plus(Duration.ofHours(1)));
    store(new Model(NARS, 7, List.of()));

    assertEquals(hash(2), walk.next().orElseThrow().nar().hash());
    assertEquals(Optional.empty(), walk.next());
  }

  @Test
  void aWalkThatIsStoppedWhileItReadsManifestsFindsNothing() throws Exception {
    store(new Model(1, 0, List.of(1, 2)));
    RecordedProgress stopped = new RecordedProgress().stopAfter(1);

    EvictionWalk walk = EvictionWalk.begin(database, nar -> false, stopped);

    assertTrue(stopped.steps.get(0).startsWith("read manifests "));
    assertFalse(walk.next().isPresent());
    assertEquals(1, stopped.steps.size());
  }
}
