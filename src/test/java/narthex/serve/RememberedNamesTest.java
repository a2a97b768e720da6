package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.DatabaseLoad;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.nix.StorePath;
import narthex.nix.StorePathHash;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberedNamesTest {
  private static final Sha256 NAR = hash(1);
  private static final Sha256 OTHER = hash(2);
  private static final Sha256 FILE = hash(3);

  @TempDir Path folder;
  private Database database;
  private RememberedNames names;

  @BeforeEach
  void open() throws IOException {
    database = openDatabase();
    names = new RememberedNames(database.fileNames(), Duration.ofMinutes(1));
    database.storeNarInfo(row('0', NAR, FILE.nix32()));
  }

  private Database openDatabase() throws IOException {
    return Database.open(
        new DatabaseAddress("jdbc:sqlite:" + folder.resolve("names.db"), null, null, null));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static NarInfoRow row(char path, Sha256 nar, String stem) {
    StorePathHash hash = StorePathHash.parse(String.valueOf(path).repeat(32));
    NarInfo said =
        new NarInfo(
            new StorePath("/nix/store", hash, "some"),
            new NarFile("nar/" + stem + ".nar.xz", Compression.XZ, null, null),
            new NarId(nar, 10),
            List.of(),
            null,
            List.of(),
            null);
    return new NarInfoRow(said, "http://upstream", stem, Instant.EPOCH);
  }

  private static Sha256 hash(int octet) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) octet);
    return Sha256.of(bytes);
  }

  @Test
  void aKnownNameTakesNoStatement() throws IOException {
    assertEquals(Optional.of(NAR), names.find(FILE.nix32()));

    database.close();

    assertEquals(Optional.of(NAR), names.find(FILE.nix32()));
  }

  @Test
  void aNameThatIsTheHashOfAnotherFileFollowsItAtOnce() throws IOException {
    assertEquals(Optional.of(NAR), names.find(FILE.nix32()));

    database.nameFile(FILE.nix32(), FILE, OTHER);

    assertEquals(Optional.of(OTHER), names.find(FILE.nix32()));
  }

  @Test
  void aNameThatIsTheHashOfAnotherNarFollowsItAtOnce() throws IOException {
    assertEquals(Optional.of(NAR), names.find(FILE.nix32()));

    database.storeNarInfo(row('1', FILE, "another"));

    assertEquals(Optional.of(FILE), names.find(FILE.nix32()));
  }

  @Test
  void aQueryThatBeganBeforeAllWasForgottenIsNotRemembered() throws IOException {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    new DatabaseLoad(database)
        .observe(
            (operation, result, nanos) -> {
              if (operation.equals("find file name") && isFirst.getAndSet(false)) {
                names.forgetAll();
              }
            });
    assertEquals(Optional.of(NAR), names.find(FILE.nix32()));

    try (Database ofAnotherReplica = openDatabase()) {
      ofAnotherReplica.nameFile(FILE.nix32(), FILE, OTHER);
    }

    assertEquals(Optional.of(OTHER), names.find(FILE.nix32()));
  }

  @Test
  void absenceIsNotRemembered() throws IOException {
    assertEquals(Optional.empty(), names.find("later"));

    database.storeNarInfo(row('1', OTHER, "later"));

    assertEquals(Optional.of(OTHER), names.find("later"));
  }
}
