package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.document;
import static narthex.db.Rows.documentName;
import static narthex.db.Rows.hash;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.nix.DocumentName;
import org.junit.jupiter.api.Test;

/** What {@link DocumentTable} promises of documents, whichever database is behind it. */
interface DocumentTableContract {
  int ROUNDS = 40;

  /** Returns the database under test, which is empty. */
  Database database();

  @Test
  default void aDocumentIsFoundAsItWasStored() throws Exception {
    DocumentRow fetched = document(documentName(1), "doc/1");
    DocumentName listing = DocumentName.listing(Rows.pathHash(1));
    DocumentRow own = new DocumentRow(listing, hash(2), 0, "doc/2", 9, null, NOON);

    assertEquals(Optional.empty(), database().documents().find(documentName(1)));
    assertEquals(Optional.empty(), database().documents().store(fetched));
    assertEquals(Optional.empty(), database().documents().store(own));

    assertEquals(Optional.of(fetched), database().documents().find(documentName(1)));
    assertEquals(Optional.of(own), database().documents().find(listing));
    assertEquals(Optional.empty(), database().documents().find(documentName(2)));
  }

  @Test
  default void aDocumentStoredLaterReplacesTheEarlierAndTellsIt() throws Exception {
    DocumentRow first = document(documentName(1), "doc/1");
    DocumentRow second =
        new DocumentRow(documentName(1), hash(8), 3, "doc/2", 12, null, NOON.plusMillis(1));
    database().documents().store(first);

    assertEquals(Optional.of(first), database().documents().store(second));

    assertEquals(Optional.of(second), database().documents().find(documentName(1)));
    assertEquals(Optional.empty(), database().documents().store(second));
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
    database().documents().store(row);

    assertFalse(database().documents().delete(document(documentName(1), "doc/2")));
    assertFalse(database().documents().delete(document(documentName(2), "doc/1")));
    assertEquals(Optional.of(row), database().documents().find(documentName(1)));

    assertTrue(database().documents().delete(row));
    assertFalse(database().documents().delete(row));
    assertEquals(Optional.empty(), database().documents().find(documentName(1)));
  }

  @Test
  default void ofDocumentsStoredAtOnceAllButTheLastAreToldAsReplaced() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      DocumentName name = documentName(round);
      List<Optional<DocumentRow>> replaced =
          AtOnce.run(
              () -> database().documents().store(document(name, "doc/a")),
              () -> database().documents().store(document(name, "doc/b")));

      String there = database().documents().find(name).orElseThrow().blob();
      List<String> gone =
          replaced.stream().flatMap(Optional::stream).map(DocumentRow::blob).toList();
      assertEquals(1, gone.size());
      assertEquals(List.of("doc/a", "doc/b"), Stream.of(there, gone.get(0)).sorted().toList());
    }
  }
}
