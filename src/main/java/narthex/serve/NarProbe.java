package narthex.serve;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.ingest.NarDownload;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/** Finds out whether a NAR could be sent, and describes it, without downloading it. Thread-safe. */
final class NarProbe {
  private final Database database;
  private final StoredSources stored;
  private final EntityTags tags;
  private final NarDownload download;

  NarProbe(Database database, StoredSources stored, EntityTags tags, NarDownload download) {
    this.database = database;
    this.stored = stored;
    this.tags = tags;
    this.download = download;
  }

  /**
   * Describes a NAR that is stored, in flight or at an upstream.
   *
   * @param narHash of the NAR that the name means, if it is known
   * @return empty if it is nowhere
   * @throws IOException if the storage or an upstream fails and no other source has the NAR
   */
  Optional<NarAnswer> find(NarFileName name, Optional<Sha256> narHash) throws IOException {
    if (narHash.isEmpty()) {
      return probeFile(name);
    }
    Optional<NarAnswer> file;
    try {
      file = probeFile(narHash.get(), name);
    } catch (IOException trouble) {
      return Optional.of(
          stored.findMade(narHash.get(), name).map(NarAnswer::of).orElseThrow(() -> trouble));
    }
    if (file.isPresent() || name.compression() == Compression.NONE) {
      return file;
    }
    Optional<NarAnswer> made = stored.findMade(narHash.get(), name).map(NarAnswer::of);
    if (made.isPresent()) {
      return made;
    }
    Fitting others = other -> other != name.compression();
    return probeFlights(others.select(database.findNarInfosOf(narHash.get())), name)
        .map(found -> new NarAnswer(OptionalLong.empty(), ""));
  }

  private Optional<NarAnswer> probeFile(Sha256 narHash, NarFileName name) throws IOException {
    Optional<NarAnswer> here = stored.find(narHash, name).map(NarAnswer::of);
    if (here.isPresent()) {
      return here;
    }
    Fitting fitting = Fitting.of(name.compression());
    List<NarInfoRow> rows = fitting.select(database.findNarInfosOf(narHash));
    Optional<NarAnswer> found = probeFlights(rows, name);
    return found.isPresent() || !rows.isEmpty() ? found : probeFile(name);
  }

  private Optional<NarAnswer> probeFlights(List<NarInfoRow> rows, NarFileName name)
      throws IOException {
    IOException trouble = null;
    for (NarInfoRow row : rows.subList(0, Math.min(rows.size(), NarLookup.ATTEMPTS))) {
      if (download.isInFlight(row)) {
        return Optional.of(answer(row, name, OptionalLong.empty()));
      }
      try {
        Optional<OptionalLong> found = download.probe(row, name.compression());
        if (found.isPresent()) {
          return Optional.of(answer(row, name, found.get()));
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return Optional.empty();
  }

  /**
   * Asks the upstreams for a file by its name, which is the hash of its bytes and the entity tag.
   */
  private Optional<NarAnswer> probeFile(NarFileName name) throws IOException {
    return download
        .probe(name)
        .map(
            found ->
                found.compression() == name.compression()
                    ? new NarAnswer(found.length(), name.hash().map(Sha256::nix32).orElse(""))
                    : new NarAnswer(OptionalLong.empty(), ""));
  }

  private NarAnswer answer(NarInfoRow row, NarFileName name, OptionalLong told) throws IOException {
    NarFile file = row.said().file();
    NarId nar = row.said().nar();
    if (name.compression() == Compression.NONE) {
      return new NarAnswer(OptionalLong.of(nar.sizeBytes()), nar.hash().nix32());
    }
    Long said = file.sizeBytes();
    OptionalLong length =
        told.isPresent() || said == null ? told : OptionalLong.of(said.longValue());
    Optional<String> hash = Optional.ofNullable(file.hash()).map(Sha256::nix32);
    return new NarAnswer(length, tags.of(nar.hash(), name, hash).orElse(""));
  }
}
