package narthex.serve;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import narthex.blob.GrowingManifest;
import narthex.chunk.ChunkLostException;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.ingest.FileFlight;
import narthex.ingest.NarAbsentException;
import narthex.ingest.NarDownload;
import narthex.ingest.NarFileDownload;
import narthex.ingest.NarIngest;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.staging.Flight;
import org.jspecify.annotations.Nullable;

/**
 * Follows NARs that are coming in, and starts what does not come yet. What turns out lost of chunks
 * to which they refer is recorded. Thread-safe.
 */
final class NarFlights {
  private static final System.Logger LOG = System.getLogger(NarFlights.class.getName());

  /** How often a flight is joined that was started for another name of the same file. */
  private static final int ATTEMPTS = 4;

  private final NarDownload download;
  private final NarFileDownload files;
  private final Database database;
  private final NarIngest ingest;
  private final DecoderSlots slots;

  /** Chunks of flights that refer to what is lost: who comes next decodes the file. */
  private final Set<GrowingManifest> damaged =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  NarFlights(
      NarDownload download,
      NarFileDownload files,
      Database database,
      NarIngest ingest,
      DecoderSlots slots) {
    this.download = download;
    this.files = files;
    this.database = database;
    this.ingest = ingest;
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
      return Optional.of(open(coming.get(), flight, wanted));
    } finally {
      flight.boarding().boarded();
    }
  }

  private NarSource open(Flight.Opened coming, Flight flight, Compression wanted)
      throws IOException {
    Sha256 fileHash = coming.fileHash();
    NarId nar = flight.nar();
    GrowingManifest chunks = coming.nar();
    if (chunks != null
        && wanted == Compression.NONE
        && flight.compression() != wanted
        && !damaged.contains(chunks)) {
      return FollowedNar.open(
          chunks,
          nar.hash().nix32(),
          slots,
          sentEncoded(coming.manifest(), flight.compression(), fileHash),
          lost -> lose(chunks, () -> Optional.of(nar.hash()), lost));
    }
    NarSource file = file(coming.manifest(), flight.compression(), fileHash);
    return wanted == file.compression() ? file : new DecodedSource(file, nar, slots);
  }

  private static NarSource file(
      GrowingManifest manifest, Compression compression, @Nullable Sha256 fileHash)
      throws IOException {
    return FollowedSource.open(manifest, compression, fileHash == null ? null : fileHash.nix32());
  }

  /** The file itself, where it may be sent as a content coding of the NAR. */
  private static @Nullable NarSource sentEncoded(
      GrowingManifest manifest, Compression compression, @Nullable Sha256 fileHash)
      throws IOException {
    return compression == Compression.ZSTD ? file(manifest, compression, fileHash) : null;
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
    GrowingManifest chunks = coming.nar();
    if (chunks != null && name.compression() != coming.compression() && !damaged.contains(chunks)) {
      return FollowedNar.open(
          chunks,
          null,
          slots,
          sentEncoded(coming.manifest(), coming.compression(), coming.fileHash()),
          lost -> lose(chunks, () -> database.findNarByFileName(name.stem()), lost));
    }
    NarSource file = file(coming.manifest(), coming.compression(), coming.fileHash());
    return name.compression() == coming.compression()
        ? file
        : new DecodedSource(file, files.maxNarBytes(), slots);
  }

  /** Finds the NAR that was followed; empty while it is not known. */
  private interface Followed {
    Optional<Sha256> find() throws IOException;
  }

  /** Records that a reading found chunks lost, in the reader's thread; does not fail. */
  private void lose(GrowingManifest chunks, Followed followed, ChunkLostException lost) {
    damaged.add(chunks);
    try {
      if (ingest.dropInFlight(followed.find(), lost)) {
        LOG.log(Level.ERROR, "nar in flight refers to what is lost reason={0}", lost.getMessage());
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "damage cannot be recorded reason={0}", e.toString());
    }
  }
}
