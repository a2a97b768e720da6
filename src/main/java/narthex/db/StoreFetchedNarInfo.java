package narthex.db;

/** Stores a narinfo from an upstream; one attempt, in one transaction. */
final class StoreFetchedNarInfo {
  private final NarInfoMapper narInfos;
  private final PinMapper pins;
  private final NarInfoRow row;

  StoreFetchedNarInfo(Mappers mappers, NarInfoRow row) {
    this.narInfos = mappers.narInfos();
    this.pins = mappers.pins();
    this.row = row;
  }

  /** Returns the stored row, or the uploaded row that was kept. */
  NarInfoRow run() {
    String narHash = row.said().nar().hash().nix32();
    narInfos.nameItself(narHash);
    narInfos.registerAlias(row.stem(), narHash);
    boolean ours = narHash.equals(narInfos.findNar(row.stem()));
    NarInfoColumns columns = NarInfoColumns.of(row, ours ? row.stem() : narHash);
    if (narInfos.storeIfAbsent(columns) > 0) {
      pins.followAgain(columns.storePathHash());
      return columns.row();
    }
    narInfos.lock(columns.storePathHash());
    FoundNarInfo uploaded = narInfos.findUploaded(columns.storePathHash());
    if (uploaded != null) {
      return uploaded.row();
    }
    narInfos.store(columns);
    pins.followAgain(columns.storePathHash());
    return columns.row();
  }
}
