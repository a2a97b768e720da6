package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static narthex.db.Rows.path;
import static narthex.db.Rows.pathHash;
import static narthex.db.Rows.signature;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.nix.Signature;
import narthex.nix.StorePathHash;
import org.junit.jupiter.api.Test;

/** The contract of {@link Database} for uploads, tested with each database. */
abstract class UploadContract extends DatabaseFixture {
  private static final int ROUNDS = 40;

  private static NarInfoRow uploaded(int path, int nar, Signature... signatures) {
    NarInfo said = narInfo(path, nar, hash(nar + 1000).nix32()).said();
    return new NarInfoRow(
        said.withSignatures(List.of(signatures)), null, hash(nar + 1000).nix32(), NOON);
  }

  private void storeNar(int number) throws Exception {
    assertTrue(
        database.storeRepresentation(nar(number), file(Compression.XZ, number + 1000), NOON));
  }

  @Test
  void filesOfANarInSeveralCompressionsAreKeptInTheOrderInWhichTheyCame() throws Exception {
    List<Representation> files =
        List.of(file(Compression.ZSTD, 5), file(Compression.BR, 3), file(Compression.NONE, 4));
    for (Representation one : files) {
      assertTrue(database.storeRepresentation(nar(1), one, NOON));
    }
    assertFalse(database.storeRepresentation(nar(1), file(Compression.BR, 9), NOON));
    assertEquals(files, database.findNar(hash(1)).orElseThrow().representations());

    assertTrue(database.deleteRepresentation(hash(1), files.get(0), NOON));
    assertTrue(database.storeRepresentation(nar(1), files.get(0), NOON));

    assertEquals(
        List.of(files.get(1), files.get(2), files.get(0)),
        database.findNar(hash(1)).orElseThrow().representations());
  }

  @Test
  void whatTheVersionBeforeStoredIsThereAfterTheMigration() throws Exception {
    DatabaseAddress old = newDatabase();
    try (ConnectionPool pool = ConnectionPool.open(old)) {
      new Migrations(Migrations.SCRIPTS.subList(0, 1)).apply(pool.connections(), "here");
      try (Connection connection = pool.connections().getConnection()) {
        execute(connection, "insert into nar values ('%s', 7, 1)".formatted(hash(1).nix32()));
        try (var insert =
            connection.prepareStatement(
                "insert into representation values (?, 'whole', 'xz', ?, 9, ?)")) {
          insert.setString(1, hash(1).nix32());
          insert.setString(2, hash(2).nix32());
          insert.setBytes(3, new ExtentList(file(Compression.XZ, 2).extents()).encode());
          insert.executeUpdate();
        }
      }
    }

    try (Database migrated = Database.open(old)) {
      assertEquals(
          List.of(file(Compression.XZ, 2)),
          migrated.findNar(hash(1)).orElseThrow().representations());
    }
  }

  @Test
  void anUploadedNarInfoIsStoredOnlyIfItsNarIs() throws Exception {
    assertEquals(UploadOutcome.NAR_MISSING, storeUploaded(uploaded(1, 1)));
    assertEquals(0, count("narinfo"));
    assertEquals(0, count("file_name"));
    storeNar(1);

    assertEquals(UploadOutcome.STORED, storeUploaded(uploaded(1, 1)));

    assertEquals(Optional.of(uploaded(1, 1)), database.findNarInfo(pathHash(1)));
  }

  @Test
  void theSameUploadedAgainAddsItsSignatures() throws Exception {
    storeNar(1);
    storeUploaded(uploaded(1, 1, signature("a"), signature("b")));

    assertEquals(
        UploadOutcome.KNOWN, storeUploaded(uploaded(1, 1, signature("b"), signature("c"))));

    assertEquals(
        Optional.of(uploaded(1, 1, signature("a"), signature("b"), signature("c"))),
        database.findNarInfo(pathHash(1)));
  }

  @Test
  void aNarInfoOfAnUpstreamWhoseNarIsStoredStaysWithTheSignaturesOfBoth() throws Exception {
    NarInfoRow fetched = narInfo(1, 1, "x".repeat(52));
    database.storeNarInfo(fetched);
    storeNar(1);

    assertEquals(UploadOutcome.KNOWN, storeUploaded(uploaded(1, 1, signature("mine"))));

    NarInfoRow now = database.findNarInfo(pathHash(1)).orElseThrow();
    List<Signature> all = new ArrayList<>(fetched.said().signatures());
    all.add(signature("mine"));
    assertEquals(fetched.said().withSignatures(all), now.said());
    assertEquals(fetched.upstream(), now.upstream());
    assertEquals(fetched.stem(), now.stem());
  }

  @Test
  void signaturesOfManyUploadsStayBounded() throws Exception {
    storeNar(1);
    for (int i = 0; i < 4; i++) {
      int first = i * 30;
      Signature[] some =
          IntStream.range(first, first + 30)
              .mapToObj(number -> signature("key" + number))
              .toArray(Signature[]::new);
      storeUploaded(uploaded(1, 1, some));
    }

    List<Signature> kept = database.findNarInfo(pathHash(1)).orElseThrow().said().signatures();
    assertEquals(NarInfoRow.MOST_UPLOADED_SIGNATURES, kept.size());
  }

  @Test
  void ofTwoNarsOfOnePathTheFirstStays() throws Exception {
    storeNar(1);
    storeNar(2);
    storeUploaded(uploaded(1, 1));

    assertEquals(UploadOutcome.OTHER_KEPT, storeUploaded(uploaded(1, 2)));

    assertEquals(Optional.of(uploaded(1, 1)), database.findNarInfo(pathHash(1)));
  }

  private UploadOutcome storeUploaded(NarInfoRow row) throws IOException {
    return database.storeUploaded(row, Set.of("trusted"));
  }

  @Test
  void aTrustedSignatureFindsRoomAmongManyOthers() throws Exception {
    storeNar(1);
    Signature[] junk =
        IntStream.range(0, NarInfoRow.MOST_UPLOADED_SIGNATURES)
            .mapToObj(number -> signature("key" + number))
            .toArray(Signature[]::new);
    storeUploaded(uploaded(1, 1, junk));

    storeUploaded(uploaded(1, 1, signature("trusted")));

    List<Signature> kept = database.findNarInfo(pathHash(1)).orElseThrow().said().signatures();
    assertEquals(NarInfoRow.MOST_UPLOADED_SIGNATURES, kept.size());
    assertTrue(kept.contains(signature("trusted")));
  }

  @Test
  void whatAnUpstreamSaidStaysUnlessATrustedKeySignedTheUpload() throws Exception {
    NarInfoRow fetched = narInfo(1, 1, "x".repeat(52));
    database.storeNarInfo(fetched);
    storeNar(2);

    assertEquals(UploadOutcome.OTHER_KEPT, storeUploaded(uploaded(1, 2, signature("mine"))));
    assertEquals(Optional.of(fetched), database.findNarInfo(pathHash(1)));

    NarInfoRow trusted = uploaded(1, 2, signature("trusted"));
    assertEquals(UploadOutcome.STORED, storeUploaded(trusted));
    assertEquals(Optional.of(trusted), database.findNarInfo(pathHash(1)));
  }

  @Test
  void aNarInfoWhoseNarIsNotStoredIsReplaced() throws Exception {
    database.storeNarInfo(narInfo(1, 1, "x".repeat(52)));
    storeNar(2);

    assertEquals(UploadOutcome.STORED, storeUploaded(uploaded(1, 2, signature("trusted"))));

    assertEquals(
        Optional.of(uploaded(1, 2, signature("trusted"))), database.findNarInfo(pathHash(1)));
  }

  @Test
  void whatAnUpstreamSaysDoesNotReplaceAnUploadedNarInfoWhoseNarIsStored() throws Exception {
    storeNar(1);
    storeUploaded(uploaded(1, 1));

    assertEquals(uploaded(1, 1), database.storeNarInfo(narInfo(1, 2, "x".repeat(52))));

    assertEquals(Optional.of(uploaded(1, 1)), database.findNarInfo(pathHash(1)));
    database.deleteRepresentation(hash(1), file(Compression.XZ, 1001), NOON);
    NarInfoRow fetched = narInfo(1, 2, "y".repeat(52));
    assertEquals(fetched, database.storeNarInfo(fetched));
  }

  @Test
  void anAbsentNarInfoIsForgottenUnlessItsNarIsStored() throws Exception {
    database.storeNarInfo(narInfo(1, 1, "x".repeat(52)));
    database.storeNarInfo(narInfo(2, 2, "y".repeat(52)));
    storeNar(1);

    database.forgetNarInfo(pathHash(1));
    database.forgetNarInfo(pathHash(2));

    assertTrue(database.findNarInfo(pathHash(1)).isPresent());
    assertEquals(Optional.empty(), database.findNarInfo(pathHash(2)));
  }

  @Test
  void ofTwoNarsOfOnePathUploadedAtOnceOneStays() throws Exception {
    storeNar(1);
    storeNar(2);
    for (int round = 0; round < ROUNDS; round++) {
      int number = 10 + round;
      List<UploadOutcome> outcomes =
          AtOnce.run(
              () -> storeUploaded(uploaded(number, 1)), () -> storeUploaded(uploaded(number, 2)));
      boolean firstWon = outcomes.get(0) == UploadOutcome.STORED;
      assertEquals(
          firstWon
              ? List.of(UploadOutcome.STORED, UploadOutcome.OTHER_KEPT)
              : List.of(UploadOutcome.OTHER_KEPT, UploadOutcome.STORED),
          outcomes);
      assertEquals(
          Optional.of(uploaded(number, firstWon ? 1 : 2)), database.findNarInfo(pathHash(number)));
    }
  }

  @Test
  void anUploadAndAnAnswerOfAnUpstreamAtOnceLeaveTheUpload() throws Exception {
    storeNar(1);
    for (int round = 0; round < ROUNDS; round++) {
      int number = 10 + round;
      AtOnce.<Object>run(
          () -> storeUploaded(uploaded(number, 1, signature("trusted"))),
          () -> database.storeNarInfo(narInfo(number, 2, "x".repeat(52))));
      assertEquals(
          Optional.of(uploaded(number, 1, signature("trusted"))),
          database.findNarInfo(pathHash(number)));
    }
  }

  @Test
  void ofAnUploadAndTheRemovalOfItsNarAtOnceNothingHalfRemains() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int number = 10 + round;
      storeNar(number);
      List<Object> results =
          AtOnce.<Object>run(
              () -> storeUploaded(uploaded(number, number)),
              () ->
                  database.deleteRepresentation(
                      hash(number), file(Compression.XZ, number + 1000), NOON));
      boolean missing = results.get(0) == UploadOutcome.NAR_MISSING;
      assertEquals(missing, database.findNarInfo(pathHash(number)).isEmpty());
      assertEquals(true, results.get(1));
    }
  }

  @Test
  void pathsWhoseNarIsStoredAreFoundAmongManyOthers() throws Exception {
    storeNar(1);
    storeUploaded(uploaded(1, 1));
    storeUploaded(uploaded(1400, 1));
    database.storeNarInfo(narInfo(3, 3, "x".repeat(52)));
    List<StorePathHash> asked = IntStream.range(0, 1500).mapToObj(Rows::pathHash).toList();

    assertEquals(Set.of(path(1).print(), path(1400).print()), database.storedPaths().find(asked));
    assertEquals(Set.of(), database.storedPaths().find(List.of()));
    Set<String> found = new HashSet<>();
    Consumer<NarInfoRow> each = row -> found.add(row.said().storePath().print());
    database.storedPaths().findNarInfos(List.of(), each);
    assertEquals(Set.of(), found);
    database.storedPaths().findNarInfos(asked, each);
    assertEquals(Set.of(path(1).print(), path(1400).print()), found);
  }

  @Test
  void theHashOfAnUploadedFileIsANameThatOutweighsAClaim() throws Exception {
    String name = hash(1002).nix32();
    database.storeNarInfo(narInfo(1, 1, name));
    storeNar(2);

    assertTrue(database.nameFile(name, hash(1002), hash(2)));
    assertTrue(database.nameFile(name, hash(1002), hash(2)));

    assertEquals(Optional.of(hash(2)), database.findNarByFileName(name));
    assertEquals(hash(1).nix32(), database.findNarInfo(pathHash(1)).orElseThrow().stem());
  }

  @Test
  void aNameThatAnotherNarHasWithTheSameRightIsNotTaken() throws Exception {
    storeNar(1);
    storeNar(2);
    assertTrue(database.nameFile(hash(1001).nix32(), hash(1001), hash(1)));

    assertFalse(database.nameFile(hash(1001).nix32(), hash(1001), hash(2)));
    assertFalse(database.nameFile(hash(1).nix32(), hash(1), hash(2)));

    assertEquals(Optional.of(hash(1)), database.findNarByFileName(hash(1001).nix32()));
    assertEquals(Optional.of(hash(1)), database.findNarByFileName(hash(1).nix32()));
  }

  @Test
  void aNarIsDeletedOnlyWhileNoNarInfoIsOfIt() throws Exception {
    storeNar(1);
    storeUploaded(uploaded(1, 1));
    storeNar(2);

    assertFalse(database.garbage().deleteUnnamedNar(hash(1), Instant.MAX, NOON));
    assertFalse(database.garbage().deleteUnnamedNar(hash(3), Instant.MAX, NOON));
    assertTrue(database.garbage().deleteUnnamedNar(hash(2), Instant.MAX, NOON));
    assertEquals(Optional.empty(), database.findNar(hash(2)));

    database.deleteNarInfo(pathHash(1));
    assertTrue(database.garbage().deleteUnnamedNar(hash(1), Instant.MAX, NOON));
    assertEquals(0, count("nar") + count("representation"));
  }

  @Test
  void unnamedNarsAreFoundPageByPage() throws Exception {
    for (int i = 1; i <= 4; i++) {
      database.storeRepresentation(nar(i), file(Compression.XZ, i), NOON.minusSeconds(i));
    }
    storeUploaded(uploaded(9, 3));

    List<Sha256> all = database.garbage().findUnnamedNars(NOON, Optional.empty(), 10);
    assertEquals(Set.of(hash(1), hash(2), hash(4)), Set.copyOf(all));
    assertEquals(all.subList(0, 2), database.garbage().findUnnamedNars(NOON, Optional.empty(), 2));
    assertEquals(
        all.subList(2, 3), database.garbage().findUnnamedNars(NOON, Optional.of(all.get(1)), 2));
    assertEquals(
        List.of(hash(4)),
        database.garbage().findUnnamedNars(NOON.minusSeconds(3), Optional.empty(), 10));
  }

  @Test
  void anUploadAndADeletionAtOnceNeverLeaveANarInfoWithoutItsNar() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int number = 100 + round;
      storeNar(number);
      AtOnce.run(
          () -> storeUploaded(uploaded(number, number)),
          () -> database.garbage().deleteUnnamedNar(hash(number), Instant.MAX, NOON));
      assertEquals(
          database.findNarInfo(pathHash(number)).isPresent(),
          database.findNar(hash(number)).isPresent());
    }
  }
}
