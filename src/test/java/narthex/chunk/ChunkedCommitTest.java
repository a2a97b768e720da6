package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import narthex.blob.FaultyBlobStore;
import narthex.db.ChunksCondemnedException;
import narthex.db.DatabaseException;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits of chunked NARs that are rejected, fail, or refer to lost packs. */
class ChunkedCommitTest extends ChunkStoreFixture {
  private static final byte[] ONE = NarTree.random(5, 400_000).nar();
  private static final byte[] OTHER = NarTree.random(6, 300_000).nar();

  private ChunkedWriter written(byte[] nar) throws IOException {
    ChunkedWriter writer = store.begin();
    writer.write(nar, 0, nar.length);
    writer.finish();
    return writer;
  }

  private boolean put(byte[] nar) throws Exception {
    try (ChunkedWriter writer = written(nar)) {
      return writer.store(id(nar), NOON);
    }
  }

  private byte[] read(byte[] nar) throws Exception {
    try (InputStream in = open(nar)) {
      return in.readAllBytes();
    }
  }

  private InputStream open(byte[] nar) throws Exception {
    Representation stored =
        database
            .findNar(id(nar).hash())
            .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
            .orElseThrow();
    return new ChunkedManifest(database.chunks(), blobs, id(nar), stored.fileSizeBytes()).open(0);
  }

  private static byte[] both() {
    byte[] both = new byte[ONE.length + OTHER.length];
    System.arraycopy(ONE, 0, both, 0, ONE.length);
    System.arraycopy(OTHER, 0, both, ONE.length, OTHER.length);
    return both;
  }

  private void execute(String... statements) throws Exception {
    try (Connection connection = DriverManager.getConnection(url());
        var statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void aCommitThatRefersToACondemnedChunkIsRefusedForGood() throws Exception {
    put(ONE);
    var before = Set.copyOf(memory.keys());
    byte[] both = both();
    try (ChunkedWriter writer = written(both)) {
      assertTrue(memory.keys().size() > before.size());
      for (String pack : before) {
        database.chunks().condemnPack(pack);
      }

      for (int attempt = 0; attempt < 2; attempt++) {
        assertThrows(ChunksCondemnedException.class, () -> writer.store(id(both), NOON));
      }
    }
    assertNoPackWithoutChunks();
    assertEquals(Optional.empty(), database.findNar(id(both).hash()));

    assertTrue(put(both));

    assertArrayEquals(both, read(both));
    assertArrayEquals(ONE, read(ONE));
  }

  @Test
  void aCommitThatSurelyFailedLeavesNoPackWithoutChunks() throws Exception {
    execute(
        "create trigger broken before insert on representation"
            + " begin select raise(abort, 'no'); end");
    try (ChunkedWriter writer = written(ONE)) {
      DatabaseException failure =
          assertThrows(DatabaseException.class, () -> writer.store(id(ONE), NOON));
      assertFalse(failure.isOutcomeUnknown());
    }
    assertNoPackWithoutChunks();
  }

  @Test
  void aCommitThatMayHaveSucceededKeepsItsPacksUntilTheDatabaseTells() throws Exception {
    execute(
        "create table absent (id int primary key)",
        "create table trap (id int references absent (id) deferrable initially deferred)",
        "create trigger broken after insert on representation"
            + " begin insert into trap values (1); end");
    Set<String> kept;
    try (ChunkedWriter writer = written(ONE)) {
      DatabaseException failure =
          assertThrows(DatabaseException.class, () -> writer.store(id(ONE), NOON));
      assertTrue(failure.isOutcomeUnknown());
      kept = Set.copyOf(memory.keys());
    }
    assertFalse(kept.isEmpty());
    assertEquals(kept, Set.copyOf(memory.keys()));

    execute("drop trigger broken");
    assertTrue(put(ONE));
    assertArrayEquals(ONE, read(ONE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKnownPackThatIsLostOrTooShortIsNotReferredToAgain(boolean lost) throws Exception {
    put(ONE);
    for (String pack : List.copyOf(memory.keys())) {
      if (lost) {
        blobs.lose(pack);
      } else {
        blobs.truncate(pack, 10);
      }
    }

    byte[] both = both();
    assertTrue(put(both));

    assertArrayEquals(both, read(both));
    int shared = ONE.length - SIZES.max();
    try (InputStream in = open(ONE)) {
      assertArrayEquals(Arrays.copyOf(ONE, shared), in.readNBytes(shared));
    }
  }

  @Test
  void thatAKnownPackCannotBeLookedForIsNoLoss() throws Exception {
    put(ONE);
    blobs.fail(FaultyBlobStore.Step.FIND);

    assertThrows(IOException.class, () -> put(both()));

    blobs.heal();
    assertArrayEquals(ONE, read(ONE));
    var before = memory.keys();
    byte[] same = both();
    put(same);
    assertArrayEquals(same, read(same));
    assertTrue(memory.keys().containsAll(before));
  }
}
