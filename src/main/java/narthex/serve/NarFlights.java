package narthex.serve;

import java.io.IOException;
import java.util.Optional;
import narthex.db.NarInfoRow;
import narthex.ingest.FileFlight;
import narthex.ingest.NarAbsentException;
import narthex.ingest.NarDownload;
import narthex.ingest.NarFileDownload;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.staging.Flight;

/** Follows NARs that are coming in, and starts what does not come yet. Thread-safe. */
final class NarFlights {
  /** How often a flight is joined that was started for another name of the same file. */
  private static final int ATTEMPTS = 4;

  private final NarDownload download;
  private final NarFileDownload files;
  private final DecoderSlots slots;

  NarFlights(NarDownload download, NarFileDownload files, DecoderSlots slots) {
    this.download = download;
    this.files = files;
    this.slots = slots;
  }

  /** Follows the flight of this NAR; empty if it turned out to be stored already. */
  Optional<NarSource> follow(NarInfoRow row, Compression wanted) throws IOException {
    Flight flight = download.join(row, wanted);
    try {
      Optional<Flight.Opened> coming = flight.awaitOpened();
      if (coming.isEmpty()) {
        return Optional.empty();
      }
      Sha256 fileHash = coming.get().fileHash();
      NarSource file =
          FollowedSource.open(
              coming.get().manifest(),
              flight.compression(),
              fileHash == null ? null : fileHash.nix32());
      NarId nar = flight.nar();
      return Optional.of(wanted == file.compression() ? file : new DecodedSource(file, nar, slots));
    } finally {
      flight.boarding().boarded();
    }
  }

  /**
   * Follows the flight of a file that is known by its name alone; empty if surely nobody has it, or
   * if it turned out to be stored already.
   */
  Optional<NarSource> follow(NarFileName name) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      FileFlight flight = files.join(name);
      try {
        Optional<FileFlight.Opened> coming = flight.awaitOpened();
        if (coming.isEmpty() || coming.get().fits(name.compression())) {
          return coming.isEmpty() ? Optional.empty() : Optional.of(open(coming.get(), name));
        }
      } catch (NarAbsentException absent) {
        if (flight.asked().equals(name)) {
          return Optional.empty();
        }
      } finally {
        flight.boarding().boarded();
      }
      if (flight.asked().equals(name)) {
        return Optional.empty();
      }
      flight.awaitEnded();
    }
    throw new IOException("others ask for another file under the name of " + name.print());
  }

  private NarSource open(FileFlight.Opened coming, NarFileName name) throws IOException {
    NarSource file =
        FollowedSource.open(coming.manifest(), coming.compression(), coming.fileHash().nix32());
    return name.compression() == coming.compression()
        ? file
        : new DecodedSource(file, files.maxNarBytes(), slots);
  }
}
