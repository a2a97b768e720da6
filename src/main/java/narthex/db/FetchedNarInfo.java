package narthex.db;

import narthex.db.Transactions.Mappers;

/** Stores what an upstream said of a store path; one attempt, in one transaction. */
final class FetchedNarInfo {
  private final NarInfoMapper narInfos;
  private final NarInfoRow row;

  FetchedNarInfo(Mappers mappers, NarInfoRow row) {
    this.narInfos = mappers.narInfos();
    this.row = row;
  }

  /** Returns the row as it is stored, or the uploaded one that stays. */
  NarInfoRow store() {
    String narHash = row.said().nar().hash().nix32();
    narInfos.nameItself(narHash);
    narInfos.registerAlias(row.stem(), narHash);
    boolean ours = narHash.equals(narInfos.findNar(row.stem()));
    NarInfoColumns columns = NarInfoColumns.of(row, ours ? row.stem() : narHash);
    if (narInfos.storeIfAbsent(columns) > 0) {
      return columns.row();
    }
    narInfos.lock(columns.storePathHash());
    NarInfoColumns uploaded = narInfos.findUploaded(columns.storePathHash());
    if (uploaded != null) {
      return uploaded.row();
    }
    narInfos.store(columns);
    return columns.row();
  }
}
