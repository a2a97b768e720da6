package narthex.maintain;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.db.FsckTable;
import narthex.db.NarInfoLinks;
import narthex.maintain.Finding.Kind;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.upstream.UpstreamUnavailableException;

/**
 * Checks narinfos: their file names lead to their NAR, they tell its size, and an uploaded one has
 * a NAR. A fetched narinfo without a NAR is right: the NAR is fetched when a client asks for it.
 */
final class CheckNarInfos implements FsckStep {
  private final FsckTable rows;
  private final Availability availability;
  private final Repairs repairs;

  CheckNarInfos(Fsck.Store store, Availability availability, Repairs repairs) {
    this.rows = store.database().fsck();
    this.availability = availability;
    this.repairs = repairs;
  }

  @Override
  public String name() {
    return "narinfos";
  }

  @Override
  public long total() throws IOException {
    return rows.count(FsckTable.Rows.NARINFOS);
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    return rows.findNarInfos(after, most);
  }

  @Override
  public List<Finding> look(String key) throws IOException {
    StorePathHash hash = StorePathHash.parse(key);
    return ChangingRow.look("the narinfo", () -> rows.findLinks(hash), links -> look(hash, links));
  }

  private List<Finding> look(StorePathHash hash, NarInfoLinks links) throws IOException {
    Sha256 narHash = Sha256.parseNix32(links.narHash());
    List<Finding> findings = new ArrayList<>();
    if (!links.isNamed()) {
      findings.add(
          new Finding(
              Kind.WRONG_NAME,
              "file name " + links.stem() + " of narinfo " + hash.text(),
              () -> repairs.nameAgain(links.stem(), narHash)));
    }
    Long stored = links.storedSize();
    if (stored != null && stored != links.narSize()) {
      String what =
          String.format(
              Locale.ROOT,
              "narinfo %s: NarSize %d of a nar with %d bytes",
              hash.text(),
              links.narSize(),
              stored);
      findings.add(new Finding(Kind.WRONG_SIZE, what, () -> repairs.dropNarInfo(hash)));
    }
    if (stored == null && links.isUploaded() && isNowhere(narHash)) {
      findings.add(
          new Finding(
              Kind.NARINFO_WITHOUT_NAR,
              "narinfo " + hash.text() + ": nar " + links.narHash(),
              () -> repairs.forget(hash)));
    }
    return findings;
  }

  private boolean isNowhere(Sha256 narHash) throws IOException {
    return switch (availability.ask(narHash)) {
      case AVAILABLE -> false;
      case ABSENT -> true;
      case UNKNOWN ->
          throw new UpstreamUnavailableException(
              "no upstream has its NAR", new IOException("some upstreams did not answer"));
    };
  }
}
