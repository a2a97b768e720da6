package narthex.db;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import narthex.nix.NarInfo;
import narthex.nix.Signature;

/**
 * Stores an uploaded narinfo; one attempt, in one transaction.
 *
 * <h2>Races</h2>
 *
 * The row of its NAR is locked first, so that the NAR stays until the narinfo is committed. When
 * two uploads bring the first narinfo of a path, one inserts it; the other waits at its insertion
 * and then sees the row of the first.
 */
final class StoreUploadedNarInfo {
  private final NarInfoMapper narInfos;
  private final NarMapper nars;
  private final NarInfoRow row;

  StoreUploadedNarInfo(Transactions.Mappers mappers, NarInfoRow row) {
    this.narInfos = mappers.narInfos();
    this.nars = mappers.nars();
    this.row = row;
  }

  UploadOutcome run() {
    NarInfo said = row.said();
    String narHash = said.nar().hash().nix32();
    if (nars.lockNar(narHash) == 0) {
      return UploadOutcome.NAR_MISSING;
    }
    narInfos.registerOwnName(narHash);
    narInfos.takeBackOwnName(narHash);
    narInfos.registerAlias(row.stem(), narHash);
    boolean ours = narHash.equals(narInfos.findNar(row.stem()));
    NarInfoColumns columns = NarInfoColumns.of(row, ours ? row.stem() : narHash);
    if (narInfos.storeIfAbsent(columns) > 0) {
      return UploadOutcome.STORED;
    }
    narInfos.lock(columns.storePathHash());
    NarInfoColumns found = narInfos.find(columns.storePathHash());
    if (found == null || nars.find(found.narHash()).isEmpty()) {
      narInfos.store(columns);
      return UploadOutcome.STORED;
    }
    NarInfoRow known = found.row();
    if (!known.said().fingerprint().equals(said.fingerprint())) {
      return UploadOutcome.OTHER_KEPT;
    }
    NarInfo united = known.said().withSignatures(unite(known.said(), said));
    if (!united.equals(known.said())) {
      narInfos.store(
          NarInfoColumns.of(
              new NarInfoRow(united, known.upstream(), known.stem(), known.checkedAt()),
              known.stem()));
    }
    return UploadOutcome.KNOWN;
  }

  private static List<Signature> unite(NarInfo known, NarInfo said) {
    Set<Signature> signatures = new LinkedHashSet<>(known.signatures());
    for (Signature signature : said.signatures()) {
      if (signatures.size() < NarInfoRow.MOST_UPLOADED_SIGNATURES) {
        signatures.add(signature);
      }
    }
    return List.copyOf(signatures);
  }
}
