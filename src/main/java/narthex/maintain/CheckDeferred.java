package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import narthex.chunk.ChunkLostException;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;
import narthex.nix.Compression;
import narthex.nix.Sha256;

/**
 * Looks again at NARs with broken manifests whose repair was deferred. NARs that were fetched again
 * may have brought their chunks; the others are dropped.
 */
final class CheckDeferred implements FsckStep {
  private static final int ATTEMPTS = 5;

  private final Database database;
  private final CheckManifest manifests;
  private final FsckTally tally;
  private final Repairs repairs;

  CheckDeferred(Fsck.Store store, FsckTally tally, Repairs repairs) {
    this.database = store.database();
    this.manifests = new CheckManifest(database);
    this.tally = tally;
    this.repairs = repairs;
  }

  @Override
  public String name() {
    return "deferred";
  }

  @Override
  public boolean isFirstLook() {
    return false;
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    return tally.repairedSoFar(Outcome.DEFERRED) == 0
        ? List.of()
        : database.fsck().findNars(after, most);
  }

  @Override
  public List<Finding> look(String key) throws IOException {
    Sha256 narHash = Sha256.parseNix32(key);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<StoredNar> nar = database.findNar(narHash);
      Optional<Representation> form =
          nar.flatMap(found -> found.find(Form.CHUNKED, Compression.NONE));
      Optional<String> problem =
          form.isEmpty() ? Optional.empty() : manifests.look(nar.orElseThrow().id());
      if (problem.isEmpty()) {
        return List.of();
      }
      if (database.findNar(narHash).equals(nar)) {
        ChunkLostException lost = ChunkLostException.ofRows(problem.get());
        return List.of(
            new Finding(
                Kind.BROKEN_MANIFEST,
                "chunked nar " + key + ": " + problem.get(),
                () -> repairs.dropChunked(narHash, form.orElseThrow(), lost)));
      }
    }
    throw new IOException("the NAR changes faster than it can be read");
  }
}
