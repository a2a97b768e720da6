package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import narthex.blob.BlobStore;
import narthex.blob.Manifest;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.staging.Flight;
import narthex.staging.InFlightRegistry;
import narthex.staging.StagedFlight;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;

/**
 * What a flight needs to share its NAR with other replicas. Thread-safe.
 *
 * @param registry what the replicas know of each other's flights
 * @param blobs the store that the replicas share
 * @param stored opens what is stored
 * @param database the rows that the replicas share
 * @param decoders memory for decoding staged chunks
 * @param threads runs at once what a flight does beside its transfer
 */
public record Replicas(
    InFlightRegistry registry,
    BlobStore blobs,
    StoredNars stored,
    Database database,
    DecoderShare decoders,
    Executor threads) {

  /** Whether another replica has this flight. */
  public boolean isElsewhere(Flight.Key key) {
    return registry
        .find(key.name())
        .filter(attempt -> attempt.state() == StagedFlight.State.ACTIVE && !isMine(attempt))
        .isPresent();
  }

  /** Claims the flight; returns the attempt that counts. */
  StagedFlight claim(Flight.Key key) {
    return registry.claim(key.name());
  }

  /** Announces a flight whose bytes come in anyway; returns the attempt of this replica. */
  StagedFlight offer(Flight.Key key) {
    return registry.offer(key.name());
  }

  /** Whether it is an attempt of this replica. */
  boolean isMine(StagedFlight attempt) {
    return attempt.holder().equals(registry.self());
  }

  /** Holds a claimed attempt of this replica; the caller closes the result. */
  Holding hold(StagedFlight mine) {
    return new Holding(registry, mine, threads);
  }

  /** Returns what reads the bytes of an attempt with this content. */
  StagedNar staged(StagedFlight.Content content) {
    return new StagedNar(blobs, decoders, content);
  }

  /**
   * Opens the stored representation that has the same bytes as this content.
   *
   * @return empty if it isn't stored
   * @throws IOException if the storage fails
   */
  Optional<Manifest> openStored(Flight.Key key, StagedFlight.Content content) throws IOException {
    Optional<Sha256> narHash =
        key instanceof Flight.ByFile file
            ? database.findNarByFileName(file.stem())
            : Optional.of(((Flight.ByNar) key).nar().hash());
    Optional<StoredNar> nar =
        narHash.isEmpty() ? Optional.empty() : database.findNar(narHash.get());
    return nar.isEmpty() ? Optional.empty() : open(nar.get(), content);
  }

  private Optional<Manifest> open(StoredNar nar, StagedFlight.Content content) throws IOException {
    boolean isFile = content.form() == StagedFlight.Form.FILE;
    Optional<Representation> whole =
        nar.find(Form.WHOLE, isFile ? content.compression() : Compression.NONE);
    if (!isFile) {
      Optional<Representation> chunked = nar.find(Form.CHUNKED, Compression.NONE);
      if (chunked.isPresent()) {
        return Optional.of(stored.openChunked(nar.id(), chunked.get()));
      }
    }
    Sha256 announced = content.fileHash();
    if (isFile && announced != null) {
      whole = whole.filter(file -> announced.equals(file.fileHash()));
    }
    return whole.isEmpty() ? Optional.empty() : Optional.of(stored.openWhole(whole.get()));
  }
}
