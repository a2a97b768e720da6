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
 * The one place that knows which file of a NAR clients are told of: derived from the mode, from
 * what is stored, and from the row, which keeps what upstream or the uploader said. Immutable.
 *
 * <p>A NAR that is stored as chunks, or will be, is advertised uncompressed, under a name that is
 * always servable: no compressed file of it is here, or will be. If that is wanted, one that is
 * stored as chunks is advertised as the zstd file that its frames are, once its hash is known;
 * never before. Signatures do not cover this.
 */
public final class Advertising {
  private static final String FOLDER = "nar/";

  /** What clients are told of NARs that are stored as chunks. */
  public enum Chunked {
    /** They are not compressed. */
    AS_NONE,
    /** They are zstd files, as soon as the hashes of these are known. */
    AS_ZSTD
  }

  private final CdcMode mode;
  private final Chunked chunked;

  /** Advertises what this mode leads to. */
  public Advertising(CdcMode mode, Chunked chunked) {
    this.mode = mode;
    this.chunked = chunked;
  }

  /** Whether NARs are advertised uncompressed before they are here, whatever is said of them. */
  public boolean isPredictive() {
    return mode == CdcMode.EAGER;
  }

  /** What clients are told of this row. */
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
    String url = FOLDER + new NarFileName(row.stem(), file.compression()).print();
    return said.withFile(new NarFile(url, file.compression(), file.hash(), file.sizeBytes()));
  }

  /**
   * The last word on a narinfo that is about to be sent.
   *
   * @param text of the narinfo
   * @return another one to send in its place; empty if it may be sent as it is
   * @throws NixFormatException if the text is no narinfo
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

  /** Whether a narinfo names the NAR itself, and no compressed file of it. */
  static boolean isOfNar(NarInfo said) {
    NarFile file = said.file();
    return file.compression() == Compression.NONE
        && file.hash() == null
        && file.sizeBytes() == null
        && file.url().endsWith(".nar");
  }

  /**
   * The chunks whose frames a NAR is advertised as. While a whole zstd file is stored, too, that is
   * what is served as zstd, so that nobody is told of the frames.
   */
  Optional<Representation> frames(StoredNar nar) {
    return chunked == Chunked.AS_NONE || nar.find(Form.WHOLE, Compression.ZSTD).isPresent()
        ? Optional.empty()
        : nar.find(Form.CHUNKED, Compression.NONE).filter(one -> one.framesHash() != null);
  }

  /** Under their own hash: every other name may mean a zstd file that an upstream has. */
  private static NarInfo framed(NarInfo said, Representation frames) {
    Sha256 hash = Objects.requireNonNull(frames.framesHash());
    String url = FOLDER + new NarFileName(hash.nix32(), Compression.ZSTD).print();
    return said.withFile(new NarFile(url, Compression.ZSTD, hash, frames.fileSizeBytes()));
  }

  /**
   * Nix gives files in gzip no extension of their own: the name without one may be that of the
   * file, so that such a NAR goes by its own hash.
   */
  private static NarInfo uncompressed(NarInfo said, String stem) {
    boolean gzip = said.file().compression() == Compression.GZIP;
    String ours = gzip ? said.nar().hash().nix32() : stem;
    String url = FOLDER + new NarFileName(ours, Compression.NONE).print();
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
