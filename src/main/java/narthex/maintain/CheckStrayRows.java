package narthex.maintain;

import java.io.IOException;
import java.util.List;
import narthex.db.FsckTable;
import narthex.maintain.Finding.Kind;
import narthex.nix.Sha256;

/** Finds rows of NARs of which another row is missing, so that nobody serves or collects them. */
final class CheckStrayRows implements FsckStep {
  private final FsckTable rows;
  private final Repairs repairs;

  CheckStrayRows(Fsck.Store store, Repairs repairs) {
    this.rows = store.database().fsck();
    this.repairs = repairs;
  }

  @Override
  public String name() {
    return "rows";
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    return rows.findStray(after, most);
  }

  @Override
  public List<Finding> look(String key) throws IOException {
    Sha256 narHash = Sha256.parseNix32(key);
    return rows.isStray(narHash)
        ? List.of(new Finding(Kind.STRAY_ROWS, "nar " + key, () -> repairs.mendStrayRows(narHash)))
        : List.of();
  }
}
