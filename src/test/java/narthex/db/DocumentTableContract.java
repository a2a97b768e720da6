package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.document;
import static narthex.db.Rows.documentName;
import static narthex.db.Rows.hash;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import narthex.nix.DocumentName;
import org.junit.jupiter.api.Test;

/** The contract of {@link DocumentTable}, tested with each database. */
interface DocumentTableContract {
  int ROUNDS = 40;

  /** The database under test, which is empty. */
  Database database();

  @Test
  default void aDocumentIsFoundAsItWasStored() throws Exception {
    DocumentRow fetched = document(documentName(1), "doc/1");
    DocumentName listing = DocumentName.listing(Rows.pathHash(1));
    DocumentRow own = new DocumentRow(listing, hash(2), 0, "doc/2", 9, null, NOON);

    assertEquals(Optional.empty(), database().documents().find(documentName(1)));
    assertFalse(database().documents().store(fetched, NOON));
    assertFalse(database().documents().store(own, NOON));

    assertEquals(Optional.of(fetched), database().documents().find(documentName(1)));
    assertEquals(Optional.of(own), database().documents().find(listing));
    assertEquals(Optional.empty(), database().documents().find(documentName(2)));
  }

  @Test
  default void aDocumentStoredLaterReplacesTheEarlierWhoseBlobIsGarbageThen() throws Exception {
    DocumentRow first = document(documentName(1), "doc/1");
    DocumentRow second =
        new DocumentRow(documentName(1), hash(8), 3, "doc/2", 12, null, NOON.plusMillis(1));
    database().documents().store(first, NOON);

    assertTrue(database().documents().store(second, NOON));
    assertEquals(List.of("doc/1"), due(NOON));

    assertEquals(Optional.of(second), database().documents().find(documentName(1)));
    assertFalse(database().documents().store(second, NOON));
    assertEquals(List.of("doc/1"), due(NOON));
  }

  @Test
  default void aDocumentThatIsKeptOnlyIfAbsentReplacesNone() throws Exception {
    DocumentRow first = document(documentName(1), "doc/1");

    assertTrue(database().documents().storeIfAbsent(first));
    assertFalse(database().documents().storeIfAbsent(document(documentName(1), "doc/2")));

    assertEquals(Optional.of(first), database().documents().find(documentName(1)));
  }

  @Test
  default void onlyExactlyThatDocumentIsDeleted() throws Exception {
    DocumentRow row = document(documentName(1), "doc/1");
    database().documents().store(row, NOON);

    assertFalse(database().documents().delete(document(documentName(1), "doc/2"), NOON));
    assertFalse(database().documents().delete(document(documentName(2), "doc/1"), NOON));
    assertEquals(Optional.of(row), database().documents().find(documentName(1)));

    assertEquals(List.of(), due(NOON));
    assertTrue(database().documents().delete(row, NOON));
    assertEquals(List.of("doc/1"), due(NOON));
    assertFalse(database().documents().delete(row, NOON));
    assertEquals(Optional.empty(), database().documents().find(documentName(1)));
  }

  @Test
  default void ofDocumentsStoredAtOnceTheBlobsOfAllButTheLastAreGarbage() throws Exception {
    List<String> garbage = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      DocumentName name = documentName(round);
      DocumentRow one = document(name, "doc/a" + round);
      DocumentRow other = document(name, "doc/b" + round);
      List<Boolean> replaced =
          AtOnce.run(
              () -> database().documents().store(one, NOON),
              () -> database().documents().store(other, NOON));

      assertEquals(1, replaced.stream().filter(yes -> yes).count());
      String there = database().documents().find(name).orElseThrow().blob();
      garbage.add(there.equals(one.blob()) ? other.blob() : one.blob());
    }
    assertEquals(garbage.stream().sorted().toList(), due(NOON));
  }

  private List<String> due(Instant now) throws IOException {
    return database().garbage().findDue(now, Optional.empty(), 1000);
  }
}
