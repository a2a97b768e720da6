package narthex.serve;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import narthex.db.Form;
import narthex.db.NarInfoRow;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.NixFormatException;
import narthex.nix.Sha256;

/**
 * Decides which file of a NAR a narinfo advertises. The decision depends on the mode, on the stored
 * forms of the NAR, and on the row, which holds the narinfo of the upstream or uploader. Immutable.
 *
 * <p>A NAR that is or will be stored as chunks is advertised uncompressed, under a name that can
 * always be served, since no compressed file of it will be stored. With {@link Chunked#AS_ZSTD}, a
 * chunked NAR is advertised as a zstd file, which consists of its frames, once the hash of that
 * file is known. Signatures do not cover URL, Compression, FileHash and FileSize.
 */
public final class Advertising {
  private static final String FOLDER = "nar/";

  /** How NARs that are stored as chunks are advertised. */
  public enum Chunked {
    /** Uncompressed. */
    AS_NONE,
    /** As a zstd file, as soon as its hash is known. */
    AS_ZSTD
  }

  private final CdcMode mode;
  private final Chunked chunked;

  /** Advertises NARs as this mode stores them. */
  public Advertising(CdcMode mode, Chunked chunked) {
    this.mode = mode;
    this.chunked = chunked;
  }

  /**
   * Whether NARs are advertised uncompressed before they are stored, whatever their upstream
   * narinfos say.
   */
  public boolean isPredictive() {
    return mode == CdcMode.EAGER;
  }

  /** Returns the narinfo that clients get for this row. */
  NarInfo derive(NarInfoRow row, Optional<StoredNar> stored) {
    NarInfo said = row.said();
    Optional<Representation> frames = stored.flatMap(this::frames);
    if (frames.isPresent()) {
      return framed(said, frames.get());
    }
    if (isPredictive() || stored.map(StoredNar::isChunked).orElse(false)) {
      return uncompressed(said, row.stem());
    }
    NarFile file = said.file();
    if (stored.isPresent()) {
      Representation first = stored.get().representations().get(0);
      file = new NarFile(file.url(), first.compression(), first.fileHash(), first.fileSizeBytes());
    }
    boolean isNar = file.compression() == Compression.NONE;
    String stem = isNar ? narStem(said, row.stem()) : row.stem();
    String url = FOLDER + new NarFileName(stem, file.compression()).print();
    return said.withFile(new NarFile(url, file.compression(), file.hash(), file.sizeBytes()));
  }

  /**
   * Checks a narinfo just before it is sent. In eager mode it must advertise the uncompressed NAR.
   *
   * @param text the narinfo
   * @return the narinfo to send instead; empty if this one may be sent unchanged
   * @throws NixFormatException if the text isn't a narinfo
   */
  public Optional<ServedNarInfo> lastWord(byte[] text) {
    if (!isPredictive()) {
      return Optional.empty();
    }
    NarInfo said = NarInfo.parse(new String(text, StandardCharsets.UTF_8));
    return isOfNar(said)
        ? Optional.empty()
        : Optional.of(ServedNarInfo.of(uncompressed(said, stem(said))));
  }

  /** Whether a narinfo advertises the uncompressed NAR. */
  static boolean isOfNar(NarInfo said) {
    NarFile file = said.file();
    return file.compression() == Compression.NONE
        && file.hash() == null
        && file.sizeBytes() == null
        && file.url().endsWith(".nar");
  }

  /**
   * Returns the chunked form of a NAR whose frames are advertised as a zstd file. Empty if this is
   * switched off, or the hash of the frames isn't known yet. Also empty if a whole zstd file is
   * stored too, because requests for zstd get that file.
   */
  Optional<Representation> frames(StoredNar nar) {
    return chunked == Chunked.AS_NONE || nar.find(Form.WHOLE, Compression.ZSTD).isPresent()
        ? Optional.empty()
        : nar.find(Form.CHUNKED, Compression.NONE).filter(one -> one.framesHash() != null);
  }

  /**
   * Advertises the frames as a zstd file. Its name is the hash of the frames, because any other
   * name could be that of an upstream's zstd file.
   */
  private static NarInfo framed(NarInfo said, Representation frames) {
    Sha256 hash = Objects.requireNonNull(frames.framesHash());
    String url = FOLDER + new NarFileName(hash.nix32(), Compression.ZSTD).print();
    return said.withFile(new NarFile(url, Compression.ZSTD, hash, frames.fileSizeBytes()));
  }

  /**
   * Returns the stem under which the uncompressed NAR is advertised. Nix gives gzip files no
   * extension, so {@code <stem>.nar} may be the name of the gzip file. The NAR of such a file is
   * named by its NarHash instead.
   */
  private static String narStem(NarInfo said, String stem) {
    return said.file().compression() == Compression.GZIP ? said.nar().hash().nix32() : stem;
  }

  /** Advertises the uncompressed NAR. */
  private static NarInfo uncompressed(NarInfo said, String stem) {
    String url = FOLDER + new NarFileName(narStem(said, stem), Compression.NONE).print();
    return said.withFile(new NarFile(url, Compression.NONE, null, null));
  }

  private static String stem(NarInfo said) {
    String url = said.file().url();
    try {
      return NarFileName.parse(url.substring(url.lastIndexOf('/') + 1)).stem();
    } catch (NixFormatException unconventional) {
      return said.nar().hash().nix32();
    }
  }
}
