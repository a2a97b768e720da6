package narthex.db;

import java.time.Instant;

/** Deletes a representation of a NAR; one attempt, in one transaction. */
final class DeleteRepresentation {
  private final Mappers mappers;
  private final RepresentationColumns columns;

  DeleteRepresentation(Mappers mappers, RepresentationColumns columns) {
    this.mappers = mappers;
    this.columns = columns;
  }

  /** Returns false if the NAR doesn't have exactly this representation. */
  boolean run(Instant deleteAfter) {
    mappers.nars().lockNar(columns.narHash());
    if (mappers.nars().deleteRepresentation(columns) == 0) {
      return false;
    }
    GarbageTable.add(mappers, columns, deleteAfter);
    if (columns.form().equals(Form.CHUNKED.columnText())) {
      mappers.chunks().deleteParts(columns.narHash());
      mappers.nars().needWhole(columns.narHash());
    }
    mappers.nars().deleteNarIfEmpty(columns.narHash());
    return true;
  }
}
