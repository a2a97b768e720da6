package narthex.serve;

import java.util.List;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;

/** Selects narinfos by the compression of their file. */
interface Fitting {
  boolean fits(Compression file);

  /** Files from which a name with this compression can be served without compressing anything. */
  static Fitting of(Compression wanted) {
    return file -> wanted == Compression.NONE || wanted == file;
  }

  /** Returns those of these narinfos whose file fits, in the same order. */
  default List<NarInfoRow> select(List<NarInfoRow> rows) {
    return rows.stream().filter(row -> fits(row.said().file().compression())).toList();
  }
}
