package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.StoredNar;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;
import narthex.nix.Sha256;

/**
 * Names the NARs that no narinfo references after the grace period of uploads: an upload was
 * aborted, or the row of a narinfo is lost. {@link SweepNars} deletes them. There is nothing to
 * repair: nothing in the store tells which path such a NAR belongs to, and when a client asks for
 * the path, its narinfo is fetched again.
 */
final class CheckUnreferencedNars implements FsckStep {
  private final Database database;
  private final Duration grace;
  private final InstantSource clock;

  CheckUnreferencedNars(Fsck.Store store, Duration grace, InstantSource clock) {
    this.database = store.database();
    this.grace = grace;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "unreferenced";
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    Optional<Sha256> last = after.isEmpty() ? Optional.empty() : Optional.of(narHash(after));
    return database.garbage().findUnnamedNars(due(), last, most).stream()
        .map(Sha256::nix32)
        .toList();
  }

  @Override
  public List<Finding> look(String key) throws IOException {
    return database.findNar(narHash(key)).filter(nar -> nar.storedAt().isBefore(due())).stream()
        .map(nar -> new Finding(Kind.UNREFERENCED_NAR, name(nar), () -> Outcome.UNCHANGED))
        .toList();
  }

  /** Names the NAR, and the FileHashes under which an upstream may have it. */
  private static String name(StoredNar nar) {
    String files =
        nar.representations().stream()
            .filter(form -> form.form() == Form.WHOLE)
            .map(form -> ", file " + form.fileHash().nix32())
            .collect(Collectors.joining());
    return "nar " + nar.id().hash().nix32() + " stored " + nar.storedAt() + files;
  }

  private static Sha256 narHash(String key) {
    return Sha256.parseNix32(key);
  }

  private Instant due() {
    return clock.instant().minus(grace);
  }
}
