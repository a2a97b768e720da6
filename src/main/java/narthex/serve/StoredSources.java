package narthex.serve;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.chunk.ChunkLostException;
import narthex.db.Database;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.PopularFiles;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;

/**
 * Finds stored NARs. Drops a stored form whose blobs are lost, so that the next request uses
 * another form or an upstream. Thread-safe.
 */
final class StoredSources {
  private static final System.Logger LOG = System.getLogger(StoredSources.class.getName());

  private final Database database;
  private final StoredNars nars;
  private final ChunkedNars chunked;
  private final StoredForms forms;
  private final EntityTags tags;
  private final RememberedNars remembered;

  StoredSources(
      Database database,
      StoredNars nars,
      ChunkedNars chunked,
      EntityTags tags,
      DecoderShare decoders,
      PopularFiles popular,
      Duration memoryTtl) {
    this.database = database;
    this.nars = nars;
    this.chunked = chunked;
    this.forms = new StoredForms(nars, decoders, popular);
    this.tags = tags;
    this.remembered = new RememberedNars(memoryTtl);
  }

  /**
   * Finds a NAR in the cache, without a database query; empty if it isn't cached. The caller closes
   * the source.
   */
  Optional<NarSource> findRemembered(NarFileName name) throws IOException {
    RememberedNars.Remembered known = remembered.find(name);
    if (known == null) {
      return Optional.empty();
    }
    for (Representation stored : StoredForms.fitting(known.nar(), name, name.compression())) {
      try {
        NarSource source = source(known.nar(), stored, name);
        Optional<String> tag =
            source.entityTag().filter(own -> known.entityTag().equals(Optional.of(own)));
        return Optional.of(TaggedSource.of(source, tag));
      } catch (BlobLostException | ChunkLostException gone) {
        remembered.forget(name);
      }
    }
    return Optional.empty();
  }

  /** Whether this name is cached. */
  boolean isRemembered(NarFileName name) {
    return remembered.find(name) != null;
  }

  /** Whether {@link #find} would find the NAR in the cache. */
  boolean isRemembered(Sha256 narHash, NarFileName name) {
    return isRemembered(key(narHash, name));
  }

  /** The name under which a NAR is cached: all names without a compression mean the same bytes. */
  private static NarFileName key(Sha256 narHash, NarFileName name) {
    return name.compression() == Compression.NONE
        ? new NarFileName(narHash.nix32(), Compression.NONE)
        : name;
  }

  /** Removes a NAR from the cache. */
  void forget(Sha256 narHash) {
    remembered.forget(narHash);
    nars.forgetStart(narHash);
  }

  /** Removes all NARs from the cache. */
  void forgetAll() {
    remembered.forgetAll();
  }

  /**
   * Finds a stored NAR, and caches it. The caller closes the source.
   *
   * @return empty if no stored form can be sent under this name
   */
  Optional<NarSource> find(Sha256 narHash, NarFileName name) throws IOException {
    NarFileName key = key(narHash, name);
    Optional<NarSource> known = name.equals(key) ? Optional.empty() : findRemembered(key);
    if (known.isPresent()) {
      return known;
    }
    Optional<StoredNar> found = database.findNar(narHash);
    return found.isEmpty() ? Optional.empty() : open(found.get(), key);
  }

  /**
   * Whether a NAR is stored in any form; caches it if a form can be sent under this name.
   *
   * @throws IOException if the database or the blob store fails
   */
  boolean isStored(Sha256 narHash, NarFileName name) throws IOException {
    if (isRemembered(narHash, name)) {
      return true;
    }
    Optional<StoredNar> found = database.findNar(narHash);
    if (found.isEmpty()) {
      return false;
    }
    Optional<NarSource> source = open(found.get(), key(narHash, name));
    if (source.isPresent()) {
      source.get().close();
      return true;
    }
    return database.findNar(narHash).isPresent(); // open may have dropped its last form, as lost
  }

  private Optional<NarSource> open(StoredNar nar, NarFileName name) throws IOException {
    Sha256 narHash = nar.id().hash();
    for (Representation stored : StoredForms.fitting(nar, name, name.compression())) {
      try {
        NarSource source = tags.tagged(narHash, name, source(nar, stored, name));
        remembered.remember(name, new RememberedNars.Remembered(nar, source.entityTag()));
        return Optional.of(source);
      } catch (BlobLostException lost) {
        LOG.log(
            Level.ERROR,
            "stored nar is lost and will be fetched again hash={0} reason={1}",
            narHash.nix32(),
            lost.getMessage());
        nars.drop(narHash, stored);
      } catch (ChunkLostException lost) {
        lose(nar, stored, lost);
      }
    }
    return Optional.empty();
  }

  /** Compresses the stored NAR. Empty if it isn't stored, or the name has no compression. */
  Optional<NarSource> findMade(Sha256 narHash, NarFileName name) throws IOException {
    return name.compression() == Compression.NONE
        ? Optional.empty()
        : find(narHash, name.uncompressed()).map(nar -> MadeSource.fileOf(nar, name.compression()));
  }

  private NarSource source(StoredNar nar, Representation stored, NarFileName name)
      throws IOException {
    nars.uses().note(nar.id().hash());
    return forms.source(nar, stored, name.compression(), lost -> lose(nar, stored, lost));
  }

  /** Finds a stored NAR without dropping lost forms or caching. The caller closes the source. */
  Optional<NarSource> findUnchanged(Sha256 narHash, NarFileName name) throws IOException {
    Optional<StoredNar> found = database.findNar(narHash);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    nars.uses().note(narHash);
    Compression wanted = asPut(name, found.get());
    for (Representation stored : StoredForms.fitting(found.get(), name, wanted)) {
      try {
        return Optional.of(forms.source(found.get(), stored, wanted, StoredSources::logLost));
      } catch (BlobLostException | ChunkLostException lost) {
        logLost(lost);
      }
    }
    return Optional.empty();
  }

  private static void logLost(IOException lost) {
    LOG.log(Level.ERROR, "stored nar is lost reason={0}", lost.getMessage());
  }

  /**
   * The compression that a name means. Nix gives gzip files no extension: a name without one that
   * is the hash of a stored gzip file means this file.
   */
  private static Compression asPut(NarFileName name, StoredNar nar) {
    boolean gzip =
        name.compression() == Compression.NONE
            && nar.representations().stream()
                .filter(one -> one.compression() == Compression.GZIP)
                .map(Representation::fileHash)
                .anyMatch(name::isNamedBy);
    return gzip ? Compression.GZIP : name.compression();
  }

  /** Drops a form with lost chunks, so that the next request uses another form or an upstream. */
  private void lose(StoredNar nar, Representation stored, ChunkLostException lost) {
    try {
      chunked.drop(nar.id().hash(), stored, lost);
    } catch (IOException e) {
      LOG.log(Level.ERROR, "could not drop the damaged NAR reason={0}", e.toString());
    }
    forget(nar.id().hash());
  }
}
