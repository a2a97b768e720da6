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

/** What {@link Database} promises of documents, whichever database is behind it. */
interface DocumentRowsContract {
  int ROUNDS = 40;

  /** Returns the database under test, which is empty. */
  Database database();

  @Test
  default void aDocumentIsFoundAsItWasStored() throws Exception {
    DocumentRow fetched = document(documentName(1), "doc/1");
    DocumentName listing = DocumentName.listing(Rows.pathHash(1));
    DocumentRow own = new DocumentRow(listing, hash(2), 0, "doc/2", 9, null, NOON);

    assertEquals(Optional.empty(), database().findDocument(documentName(1)));
    assertEquals(Optional.empty(), database().storeDocument(fetched));
    assertEquals(Optional.empty(), database().storeDocument(own));

    assertEquals(Optional.of(fetched), database().findDocument(documentName(1)));
    assertEquals(Optional.of(own), database().findDocument(listing));
    assertEquals(Optional.empty(), database().findDocument(documentName(2)));
  }

  @Test
  default void aDocumentStoredLaterReplacesTheEarlierAndTellsIt() throws Exception {
    DocumentRow first = document(documentName(1), "doc/1");
    DocumentRow second =
        new DocumentRow(documentName(1), hash(8), 3, "doc/2", 12, null, NOON.plusMillis(1));
    database().storeDocument(first);

    assertEquals(Optional.of(first), database().storeDocument(second));

    assertEquals(Optional.of(second), database().findDocument(documentName(1)));
  }

  @Test
  default void aDocumentThatIsKeptOnlyIfAbsentReplacesNone() throws Exception {
    DocumentRow first = document(documentName(1), "doc/1");

    assertTrue(database().storeDocumentIfAbsent(first));
    assertFalse(database().storeDocumentIfAbsent(document(documentName(1), "doc/2")));

    assertEquals(Optional.of(first), database().findDocument(documentName(1)));
  }

  @Test
  default void onlyExactlyThatDocumentIsDeleted() throws Exception {
    DocumentRow row = document(documentName(1), "doc/1");
    database().storeDocument(row);

    assertFalse(database().deleteDocument(document(documentName(1), "doc/2")));
    assertFalse(database().deleteDocument(document(documentName(2), "doc/1")));
    assertEquals(Optional.of(row), database().findDocument(documentName(1)));

    assertTrue(database().deleteDocument(row));
    assertFalse(database().deleteDocument(row));
    assertEquals(Optional.empty(), database().findDocument(documentName(1)));
  }

  @Test
  default void ofDocumentsStoredAtOnceAllButTheLastAreToldAsReplaced() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      DocumentName name = documentName(round);
      List<Optional<DocumentRow>> replaced =
          AtOnce.run(
              () -> database().storeDocument(document(name, "doc/a")),
              () -> database().storeDocument(document(name, "doc/b")));

      String there = database().findDocument(name).orElseThrow().blob();
      List<String> gone =
          replaced.stream().flatMap(Optional::stream).map(DocumentRow::blob).toList();
      assertEquals(1, gone.size());
      assertEquals(List.of("doc/a", "doc/b"), Stream.of(there, gone.get(0)).sorted().toList());
    }
  }
}
