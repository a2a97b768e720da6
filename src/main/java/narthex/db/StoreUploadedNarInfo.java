package narthex.db;

import java.util.ArrayList;
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
 * Locks the NAR's row first, so that nobody deletes the NAR before the narinfo is committed. If two
 * uploads insert the first narinfo of a path, the second waits at the insertion and then finds the
 * row of the first.
 */
final class StoreUploadedNarInfo {
  private final NarInfoMapper narInfos;
  private final NarMapper nars;
  private final PinMapper pins;
  private final NarInfoRow row;
  private final Set<String> trustedKeyNames;

  StoreUploadedNarInfo(Mappers mappers, NarInfoRow row, Set<String> trustedKeyNames) {
    this.trustedKeyNames = trustedKeyNames;
    this.narInfos = mappers.narInfos();
    this.nars = mappers.nars();
    this.pins = mappers.pins();
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
      pins.followAgain(columns.storePathHash());
      return UploadOutcome.STORED;
    }
    narInfos.lock(columns.storePathHash());
    FoundNarInfo found = narInfos.find(columns.storePathHash());
    if (found == null || isOutweighed(found)) {
      narInfos.store(columns);
      pins.followAgain(columns.storePathHash());
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

  /**
   * Whether the new narinfo may replace this one: never if its NAR is stored, and a narinfo from an
   * upstream only by a trusted signature.
   */
  private boolean isOutweighed(FoundNarInfo found) {
    return nars.find(found.columns().narHash()).isEmpty()
        && (found.row().upstream() == null
            || row.said().signatures().stream().anyMatch(this::isTrusted));
  }

  private boolean isTrusted(Signature signature) {
    return trustedKeyNames.contains(signature.keyName());
  }

  /** Unites the signatures; at the limit, trusted ones have precedence. */
  private List<Signature> unite(NarInfo known, NarInfo said) {
    Set<Signature> all = new LinkedHashSet<>(known.signatures());
    all.addAll(said.signatures());
    int others = NarInfoRow.MOST_UPLOADED_SIGNATURES;
    others -= (int) all.stream().filter(this::isTrusted).count();
    List<Signature> kept = new ArrayList<>();
    for (Signature signature : all) {
      if (isTrusted(signature) || others-- > 0) {
        kept.add(signature);
      }
    }
    return kept;
  }
}
