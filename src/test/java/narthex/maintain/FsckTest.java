package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.blob.FaultyBlobStore.Step;
import narthex.chunk.ChunkStore;
import narthex.chunk.PackCompaction;
import narthex.db.ChunkPlace;
import narthex.db.RepackTable.Candidate;
import narthex.ingest.CdcMode;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Options;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.Fsck.Start;
import narthex.nix.Compression;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The check of the store. */
class FsckTest extends FsckFixture {
  /** A fault, what is found of it, and in which mode the NARs were stored. */
  enum Fault {
    LOST_PACK(CdcMode.EAGER, Kind.LOST_BLOB),
    FLIPPED_BIT_IN_A_PACK(CdcMode.EAGER, Kind.DAMAGED_FRAME),
    TRUNCATED_PACK(CdcMode.EAGER, Kind.WRONG_LENGTH),
    WRONG_PLACE_OF_A_CHUNK(CdcMode.EAGER, Kind.OVERLAPPING_CHUNKS),
    WRONG_HASH_OF_A_CHUNK(CdcMode.EAGER, Kind.WRONG_CHUNK),
    LOST_CHUNK_ROW(CdcMode.EAGER, Kind.BROKEN_MANIFEST),
    LOST_MANIFEST(CdcMode.EAGER, Kind.BROKEN_MANIFEST),
    LOST_CHUNKED_FORM(CdcMode.EAGER, Kind.STRAY_ROWS),
    LOST_NAR_ROW_OF_CHUNKS(CdcMode.EAGER, Kind.STRAY_ROWS),
    LOST_FILE(CdcMode.OFF, Kind.LOST_BLOB),
    FLIPPED_BIT_IN_A_FILE(CdcMode.OFF, Kind.DAMAGED_FILE),
    TRUNCATED_FILE(CdcMode.OFF, Kind.WRONG_LENGTH),
    FILE_THAT_IS_TOO_LONG(CdcMode.OFF, Kind.WRONG_LENGTH),
    LOST_WHOLE_FORM(CdcMode.OFF, Kind.STRAY_ROWS),
    LOST_NAR_ROW_OF_A_FILE(CdcMode.OFF, Kind.STRAY_ROWS),
    LOST_NAME(CdcMode.OFF, Kind.WRONG_NAME),
    NAME_OF_ANOTHER_NAR(CdcMode.OFF, Kind.WRONG_NAME),
    WRONG_NAR_SIZE(CdcMode.OFF, Kind.WRONG_SIZE),
    LOST_DOCUMENT(CdcMode.OFF, Kind.LOST_BLOB),
    FLIPPED_BIT_IN_A_DOCUMENT(CdcMode.OFF, Kind.DAMAGED_DOCUMENT);

    private final CdcMode mode;
    private final Kind kind;

    Fault(CdcMode mode, Kind kind) {
      this.mode = mode;
      this.kind = kind;
    }
  }

  /** Damages the store; returns a part of the line that must be told. */
  private String inject(Fault fault, Sample sample) throws Exception {
    String nar = sample.id().hash().nix32();
    String pack =
        queryOne("select pack from chunk group by pack order by count(*) desc, pack limit 1");
    String whole = keys("nar/").stream().filter(key -> key.contains(nar)).findFirst().orElse("");
    String document = queryOne("select blob from document");
    switch (fault) {
      case LOST_PACK -> Files.delete(file(pack));
      case FLIPPED_BIT_IN_A_PACK -> flip(pack);
      case TRUNCATED_PACK -> truncate(pack);
      case WRONG_PLACE_OF_A_CHUNK ->
          execute(
              "update chunk set pack_offset = pack_offset - 1 where number ="
                  + " (select number from chunk where pack = '%s' order by pack_offset desc limit 1)"
                      .formatted(pack));
      case WRONG_HASH_OF_A_CHUNK ->
          execute(
              "update chunk set hash = randomblob(32) where number ="
                  + " (select min(number) from chunk where pack = '%s')".formatted(pack));
      case LOST_CHUNK_ROW ->
          execute("delete from chunk where number = (select min(number) from chunk)");
      case LOST_MANIFEST ->
          execute("delete from manifest_part where nar_hash = '%s'".formatted(nar));
      case LOST_CHUNKED_FORM, LOST_WHOLE_FORM ->
          execute("delete from representation where nar_hash = '%s'".formatted(nar));
      case LOST_NAR_ROW_OF_CHUNKS, LOST_NAR_ROW_OF_A_FILE ->
          execute("delete from nar where nar_hash = '%s'".formatted(nar));
      case LOST_FILE -> Files.delete(file(whole));
      case FLIPPED_BIT_IN_A_FILE -> flip(whole);
      case TRUNCATED_FILE -> truncate(whole);
      case FILE_THAT_IS_TOO_LONG ->
          Files.write(file(whole), new byte[(int) Files.size(file(whole)) + 1]);
      case LOST_NAME -> execute("delete from file_name where stem = '%s'".formatted(nar));
      case NAME_OF_ANOTHER_NAR ->
          execute(
              "update file_name set nar_hash = (select max(nar_hash) from nar where nar_hash <>"
                  + " '%s') where nar_hash = '%s'".formatted(nar, nar));
      case WRONG_NAR_SIZE ->
          execute("update narinfo set nar_size = 7 where nar_hash = '%s'".formatted(nar));
      case LOST_DOCUMENT -> Files.delete(file(document));
      case FLIPPED_BIT_IN_A_DOCUMENT -> flip(document);
    }
    return switch (fault) {
      case LOST_PACK, FLIPPED_BIT_IN_A_PACK, TRUNCATED_PACK -> pack;
      case WRONG_PLACE_OF_A_CHUNK, WRONG_HASH_OF_A_CHUNK -> pack;
      case LOST_FILE, FLIPPED_BIT_IN_A_FILE, TRUNCATED_FILE, FILE_THAT_IS_TOO_LONG -> whole;
      case LOST_DOCUMENT, FLIPPED_BIT_IN_A_DOCUMENT -> document;
      case WRONG_NAR_SIZE -> sample.hash().text();
      case LOST_CHUNK_ROW -> "has no row";
      default -> nar;
    };
  }

  @ParameterizedTest
  @EnumSource
  void everyFaultIsNamedAndRepaired(Fault fault) throws Exception {
    open(fault.mode);
    List<Sample> samples = fetched(3);
    node.chores().keepListing(samples.get(0));
    assertEquals(0, fsck(Depth.DEEP, Repair.ALL).wrong());
    String name = inject(fault, samples.get(1));
    reopen(fault.mode);

    FsckResult first = fsck(Depth.DEEP, Repair.NOTHING);
    assertTrue(first.found(fault.kind) > 0, () -> first + " " + told);
    assertTrue(told.stream().anyMatch(line -> line.contains(name)), () -> name + " " + told);
    assertEquals(first.found(), fsck(Depth.DEEP, Repair.NOTHING).found());

    FsckResult repaired = fsck(Depth.DEEP, Repair.ALL);

    assertEquals(0, repaired.unrepaired(), () -> repaired + " " + told);
    FsckResult last = fsck(Depth.DEEP, Repair.NOTHING);
    assertEquals(0, last.wrong(), () -> last + " " + told);
    for (Sample sample : samples) {
      assertTrue(node.narInfo(sample).isPresent());
      read(sample);
    }
  }

  @Test
  void packsThatWereCompressedAgainAreSoundAndDamageInThemIsFound() throws Exception {
    open(CdcMode.EAGER);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append(i % 1000 * 7919L).append(' ');
    }
    upload(Sample.of("text", NarTree.file(text.toString()).nar(), Compression.ZSTD));
    ChunkStore chunks = StoredChunks.ofUsualSizes(blobs, node.database(), Runnable::run);
    PackCompaction compaction = new PackCompaction(chunks, OptionalInt.of(19));
    RepackPacks repack = new RepackPacks(node.database(), compaction, () -> true, () -> now);
    int compressed = 0;
    for (Candidate pack : repack.find(Optional.empty(), 100)) {
      compressed += repack.run(pack) ? 1 : 0;
    }
    assertTrue(compressed > 0);
    for (Depth depth : Depth.values()) {
      assertEquals(0, fsck(depth, Repair.NOTHING).wrong(), () -> told.toString());
    }

    ChunkPlace place =
        node.database()
            .collection()
            .findUsedInPack(node.database().collection().repacking().find(0, 20, 1).get(0).pack())
            .get(0);
    blobs.flipByte(place.pack(), place.offset() + place.packedLength() / 2);

    assertTrue(fsck(Depth.FRAMES, Repair.NOTHING).wrong() > 0);
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsFoundInASoundStore(CdcMode mode) throws Exception {
    open(mode);
    List<Sample> samples = fetched(3);
    upload(Sample.of(10, Compression.ZSTD));
    node.chores().chunk();
    node.chores().hash();
    node.chores().keepListing(samples.get(0));

    for (Depth depth : Depth.values()) {
      FsckResult result = fsck(depth, Repair.ALL);

      assertEquals(0, result.wrong(), () -> told.toString());
      assertEquals(0, result.orphans());
      assertTrue(result.isEnded(), () -> told.toString());
      assertEquals(4, result.checked().get("nars"));
    }
  }

  @Test
  void whatOnlyAClientHadIsDroppedWithItsNarInfo() throws Exception {
    open(CdcMode.EAGER);
    Sample uploaded = Sample.of(1, Compression.XZ);
    upload(uploaded);
    Files.delete(file(keys("pack/").get(0)));

    FsckResult result = fsck(Depth.FRAMES, Repair.ALL);

    assertEquals(1, result.repaired(Outcome.DROPPED), () -> told.toString());
    assertFalse(node.isStored(uploaded));
    assertEquals(Optional.empty(), node.narInfo(uploaded));
    assertEquals(0, fsck(Depth.DEEP, Repair.NOTHING).wrong());
  }

  @Test
  void anUploadWhoseLostChunksAnotherNarBringsStays() throws Exception {
    open(CdcMode.EAGER);
    Sample published = fetched(1).get(0);
    byte[] nar = published.bytes(published.narName(), 0);
    Sample uploaded = Sample.of("the-same-with-a-path-of-its-own", likeIt(nar), Compression.XZ);
    upload(uploaded);
    Files.delete(file(queryOne("select pack from chunk where number = 1")));

    FsckResult result = fsck(Depth.FRAMES, Repair.ALL);

    assertEquals(0, result.repaired(Outcome.DROPPED), () -> told.toString());
    assertEquals(0, fsck(Depth.DEEP, Repair.NOTHING).wrong(), () -> told.toString());
    read(uploaded);
    read(published);
  }

  /** A NAR that shares its first chunks with another one. */
  private static byte[] likeIt(byte[] nar) {
    byte[] other = nar.clone();
    int last = other.length - 1_000;
    other[last] = (byte) (other[last] == 1 ? 2 : 1);
    return other;
  }

  @Test
  void whenUpstreamsDoNotAnswerTheNarIsFetchedLater() throws Exception {
    open(CdcMode.OFF);
    Sample sample = fetched(1).get(0);
    flip(keys("nar/").get(0));
    upstream.close();

    FsckResult result = fsck(Depth.HASHES, Repair.ALL);

    assertEquals(1, result.repaired(Outcome.DROPPED), () -> told.toString());
    assertFalse(node.isStored(sample));
    assertTrue(node.database().findNarInfo(sample.hash()).isPresent(), () -> told.toString());
  }

  @ParameterizedTest
  @EnumSource(names = {"OFF", "EAGER"})
  void nothingIsDroppedWhileTheStorageFails(CdcMode mode) throws Exception {
    open(mode);
    List<Sample> samples = fetched(3);
    fsck(Depth.FRAMES, Repair.ALL);
    blobs.fail(Step.OPEN);

    FsckResult result = fsck(Depth.DEEP, Repair.ALL);
    assertEquals(0, result.wrong(), () -> told.toString());
    assertTrue(result.unchecked() > 0);
    assertTrue(told.get(0).startsWith("unchecked: "), () -> told.toString());

    blobs.heal().fail(Step.FIND);
    assertEquals(0, fsck(Depth.DEEP, Repair.ALL).wrong(), () -> told.toString());

    blobs.heal();
    for (Sample sample : samples) {
      assertTrue(node.isStored(sample));
    }
    assertEquals(0, fsck(Depth.DEEP, Repair.NOTHING).wrong());
  }

  @Test
  void aRowThatIsMalformedIsToldAndTheCheckGoesOn() throws Exception {
    open(CdcMode.EAGER);
    fetched(2);
    execute("update chunk set length = -1 where number = 1");

    FsckResult result = fsck(Depth.FRAMES, Repair.NOTHING);

    assertTrue(result.unchecked() > 0);
    assertTrue(result.isEnded());
    assertTrue(told.get(0).contains("chunk out of range: number=1"), () -> told.toString());
  }

  @Test
  void nothingIsRepairedInAStoreWithoutTheMarkOfTheDatabase() throws Exception {
    open(CdcMode.OFF);
    Sample sample = fetched(1).get(0);
    fsck(Depth.FRAMES, Repair.ALL);
    for (String key : keys("")) {
      Files.delete(file(key)); // as when a disk isn't mounted
    }

    assertThrows(IOException.class, () -> fsck(Depth.FRAMES, Repair.ALL));

    assertTrue(node.isStored(sample));
    assertEquals(1, fsck(Depth.FRAMES, Repair.NOTHING).found(Kind.LOST_BLOB));
  }

  @Test
  void aLostDatabaseLeavesBlobsThatAreOnlyCounted() throws Exception {
    open(CdcMode.EAGER);
    fetched(2);
    fsck(Depth.FRAMES, Repair.ALL); // marks the store
    int packs = keys("pack/").size();
    node.close();
    for (String end : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(folder.resolve("narthex.db" + end));
    }
    open(CdcMode.EAGER);
    pass(FindUnnamedBlobs.GRACE.plus(Duration.ofMinutes(1)));

    FsckResult result = fsck(Depth.DEEP, Repair.NOTHING);

    assertEquals(packs, result.orphans());
    assertEquals(0, result.wrong());
    assertTrue(told.stream().anyMatch(line -> line.contains(pack())), () -> told.toString());
    assertThrows(IOException.class, () -> fsck(Depth.DEEP, Repair.ALL));
    assertEquals(packs, keys("pack/").size());
  }

  private String pack() {
    try {
      return keys("pack/").get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anInterruptedCheckGoesOnWhereItWas() throws Exception {
    open(CdcMode.EAGER);
    fetched(4);
    Files.delete(file(keys("pack/").get(0)));
    FsckResult whole = fsck(Depth.HASHES, Repair.NOTHING);
    Options resume = new Options(Depth.HASHES, Repair.NOTHING, Start.RESUME, 0);

    AtomicInteger runs = new AtomicInteger();
    FsckResult result;
    do {
      result = node.chores().fsck().run(resume, stoppedAfter(3));
      runs.incrementAndGet();
      reopen(CdcMode.EAGER);
    } while (!result.isEnded());

    assertEquals(whole.checked(), result.checked());
    assertEquals(whole.found(), result.found());
    assertTrue(runs.get() > 5, () -> "runs " + runs);
    assertEquals(Map.of(), without(fsckAgain(resume), whole));
  }

  private FsckResult fsckAgain(Options options) throws IOException {
    return node.chores().fsck().run(options, telling());
  }

  private static Map<String, Long> without(FsckResult one, FsckResult other) {
    return one.checked().equals(other.checked()) ? Map.of() : one.checked();
  }

  /** Stops a check after some items. */
  private static Progress stoppedAfter(int items) {
    AtomicInteger left = new AtomicInteger(items);
    return new Progress() {
      @Override
      public void at(String step, long done, long total) {
        left.decrementAndGet();
      }

      @Override
      public void tell(String line) {}

      @Override
      public boolean isStopped() {
        return left.get() < 0;
      }
    };
  }
}
