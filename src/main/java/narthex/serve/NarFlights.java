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
import narthex.ingest.NarAbsentException;
import narthex.ingest.NarDownload;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.staging.Flight;
import narthex.store.ChunkedNars;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * Follows NARs in flight and starts flights for others. Records lost chunks that a NAR in flight
 * refers to. Thread-safe.
 */
final class NarFlights {
  private static final System.Logger LOG = System.getLogger(NarFlights.class.getName());

  /**
   * How many flights of one NAR a request joins. A flight that another request started may bring
   * the NAR in a compression that doesn't fit.
   */
  private static final int ATTEMPTS = 4;

  private final NarDownload download;
  private final Database database;
  private final ChunkedNars chunked;
  private final DecoderShare decoders;

  /**
   * Flights with a lost chunk. New readers of these NARs decode the downloaded file instead of
   * reading the chunks.
   */
  private final Set<GrowingManifest> damaged =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  NarFlights(NarDownload download, Database database, ChunkedNars chunked, DecoderShare decoders) {
    this.download = download;
    this.database = database;
    this.chunked = chunked;
    this.decoders = decoders;
  }

  /** Starts or joins a flight. */
  private interface Joining {
    Flight join();
  }

  /**
   * Joins or starts the flight of this NAR; empty if the NAR is already stored.
   *
   * @throws NarAbsentException if all upstreams answered that they don't have it
   */
  Optional<NarSource> follow(NarInfoRow row, Compression wanted) throws IOException {
    return follow(() -> download.join(row, wanted), () -> download.joinApart(row, wanted), wanted);
  }

  /**
   * Joins or starts the flight of a file when only its name is known; empty if the NAR is already
   * stored.
   *
   * @throws NarAbsentException if all upstreams answered that they don't have it
   */
  Optional<NarSource> follow(NarFileName name) throws IOException {
    return follow(() -> download.join(name), () -> download.joinApart(name), name.compression());
  }

  /**
   * Joins flights until one brings the wanted compression. Another request may have started the
   * flight of this NAR for a compression that doesn't fit, or another replica may hold it and stage
   * chunks only: then the file comes in a flight apart from it.
   */
  private Optional<NarSource> follow(Joining first, Joining apart, Compression wanted)
      throws IOException {
    Joining next = first;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Flight flight = next.join();
      try {
        Optional<Flight.Coming> coming = flight.awaitOpened();
        if (coming.isEmpty() || coming.get().fits(wanted)) {
          return coming.isEmpty()
              ? Optional.empty()
              : Optional.of(open(flight, coming.get(), wanted));
        }
        if (next == first && coming.get().compression() != wanted) {
          next = apart; // not for a failed file: the next flight of it brings the true one
          continue;
        }
        coming.get().bytes().awaited();
      } catch (NarAbsentException absent) {
        if (flight.wanted() == wanted) {
          throw absent;
        }
      } finally {
        flight.boarding().boarded();
      }
      flight.awaitEnded();
    }
    throw new IOException("other requests are already fetching another file of the same NAR");
  }

  private NarSource open(Flight flight, Flight.Coming coming, Compression wanted)
      throws IOException {
    GrowingManifest chunks = coming.chunks();
    if (wanted == coming.compression()) {
      NarSource file = file(coming);
      return wanted == Compression.NONE && chunks != null && !damaged.contains(chunks)
          ? framed(flight, file, chunks)
          : file;
    }
    if (chunks != null && !damaged.contains(chunks) && chunks.awaitStart()) {
      return chunked(flight, coming, chunks);
    }
    NarId nar = coming.nar();
    NarSource file = InFlightFileSource.open(coming.bytes(), coming.compression(), null);
    return nar == null
        ? new DecodedSource(file, download.maxNarBytes(), decoders)
        : new DecodedSource(file, nar, decoders);
  }

  /** The NAR, decoded from its chunks. A zstd file that comes in is smaller than their frames. */
  private NarSource chunked(Flight flight, Flight.Coming coming, GrowingManifest chunks)
      throws IOException {
    NarId nar = coming.nar();
    boolean isZstd = coming.compression() == Compression.ZSTD;
    NarSource decoded =
        InFlightNarSource.open(
            chunks,
            nar == null ? narTag(flight.key()) : nar.hash().nix32(),
            decoders,
            isZstd ? file(coming) : null,
            lost -> lose(chunks, () -> narHash(flight.key()), lost));
    return isZstd ? decoded : framed(flight, decoded, chunks);
  }

  private NarSource framed(Flight flight, NarSource nar, GrowingManifest chunks) {
    return new FramedSource(
        nar, chunks, decoders, lost -> lose(chunks, () -> narHash(flight.key()), lost));
  }

  /**
   * Returns an entity tag for a NAR whose NarHash isn't known yet. It is made of the hash of the
   * file; null if that isn't known either.
   */
  private static @Nullable String narTag(Flight.Key key) {
    return key instanceof Flight.ByFile file ? file.stem() + "-nar" : null;
  }

  private static NarSource file(Flight.Coming coming) throws IOException {
    Sha256 fileHash = coming.fileHash();
    return InFlightFileSource.open(
        coming.file(), coming.compression(), fileHash == null ? null : fileHash.nix32());
  }

  private Optional<Sha256> narHash(Flight.Key key) throws IOException {
    if (key instanceof Flight.ByNar known) {
      return Optional.of(known.nar().hash());
    }
    return key instanceof Flight.ByFile file
        ? database.findNarByFileName(file.stem())
        : Optional.empty();
  }

  /** Finds the NarHash of a flight; empty while it isn't known. */
  private interface Followed {
    Optional<Sha256> find() throws IOException;
  }

  /** Records that a reader found a chunk lost. Runs in the reader's thread and doesn't throw. */
  private void lose(GrowingManifest chunks, Followed followed, ChunkLostException lost) {
    damaged.add(chunks);
    try {
      if (chunked.dropInFlight(followed.find(), lost)) {
        LOG.log(Level.ERROR, "nar in flight refers to a lost chunk reason={0}", lost.getMessage());
      }
    } catch (IOException e) {
      LOG.log(Level.ERROR, "could not drop the damaged NAR reason={0}", e.toString());
    }
  }
}
