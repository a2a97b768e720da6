package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.db.Form;
import narthex.db.NarInfoRow;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.db.UploadOutcome;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.NixFormatException;
import narthex.nix.PublicKey;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoredNars;
import narthex.upstream.Upstreams;

/**
 * Takes in narinfos of NARs that were put here before. A narinfo is stored only whole and true: its
 * NAR and everything that it refers to are here, and what it says of its NAR is right. Thread-safe;
 * the same narinfo may come twice, also at once.
 */
public final class NarInfoUpload {
  private static final System.Logger LOG = System.getLogger(NarInfoUpload.class.getName());

  /** Longest text taken, in bytes: some ten thousand references. */
  public static final long MAX_TEXT_BYTES = 1 << 20;

  private static final String NAR_FOLDER = "nar/";

  /** Whose narinfos are taken. */
  public enum Trust {
    /** Those that a trusted key signed. */
    SIGNED,
    /** All that match their NAR. */
    ANY
  }

  /**
   * Which narinfos are taken.
   *
   * @param storeDir the only store directory whose paths are taken
   * @param trust whether they must be signed by one of the keys
   * @param trustedKeys what they signed outweighs what an upstream said of a NAR that is not stored
   */
  public record Policy(String storeDir, Trust trust, List<PublicKey> trustedKeys) {
    /** Copies the list. */
    public Policy {
      trustedKeys = List.copyOf(trustedKeys);
    }

    Set<String> trustedKeyNames() {
      return trustedKeys.stream().map(PublicKey::name).collect(Collectors.toUnmodifiableSet());
    }
  }

  private final Policy policy;
  private final Database database;
  private final StoredNars stored;
  private final Upstreams upstreams;
  private final InstantSource clock;

  /**
   * @param stored tells its listeners of narinfos
   * @param upstreams forget that they lacked a path
   */
  public NarInfoUpload(
      Policy policy,
      Database database,
      StoredNars stored,
      Upstreams upstreams,
      InstantSource clock) {
    this.policy = policy;
    this.database = database;
    this.stored = stored;
    this.upstreams = upstreams;
    this.clock = clock;
  }

  /**
   * Stores a narinfo. If one of the path is here and its NAR is stored, that one stays: with the
   * signatures of both if they have the same fingerprint.
   *
   * @param hash what the narinfo was put under
   * @throws UploadRefusedException if it is malformed, speaks of another path, does not match its
   *     NAR, lacks its NAR or a reference here, or lacks a signature; nothing is changed then
   * @throws IOException if that cannot be told, or it cannot be stored just now
   */
  public Stored store(StorePathHash hash, String text) throws IOException {
    NarInfo said = parse(hash, text);
    NarFileName file = fileName(said);
    UploadOutcome outcome =
        DatabaseTries.keepTrying(
            () -> {
              requireNar(said, file);
              requireReferences(said);
              return database.storeUploaded(
                  new NarInfoRow(said, null, stem(said, file), clock.instant()),
                  policy.trustedKeyNames());
            });
    if (outcome == UploadOutcome.NAR_MISSING) {
      throw missing(file);
    }
    upstreams.forgetAbsence(hash);
    stored.announce(hash);
    LOG.log(
        Level.INFO,
        "narinfo uploaded path={0} nar={1} outcome={2}",
        said.storePath().print(),
        said.nar().hash().nix32(),
        outcome);
    return outcome == UploadOutcome.STORED ? Stored.NEW : Stored.KNOWN;
  }

  private NarInfo parse(StorePathHash hash, String text) throws UploadRefusedException {
    NarInfo said;
    try {
      said = withoutWrongSignatures(NarInfo.parse(text));
    } catch (NixFormatException e) {
      throw wrong(e.getMessage());
    }
    if (!said.storePath().hash().equals(hash)) {
      throw wrong("%s.narinfo speaks of %s".formatted(hash.text(), said.storePath().print()));
    }
    if (!said.storePath().storeDir().equals(policy.storeDir())) {
      throw wrong("%s is not in %s".formatted(said.storePath().print(), policy.storeDir()));
    }
    if (said.signatures().size() > NarInfoRow.MOST_UPLOADED_SIGNATURES) {
      throw wrong(
          String.format(
              Locale.ROOT, "more than %d signatures", NarInfoRow.MOST_UPLOADED_SIGNATURES));
    }
    if (policy.trust() == Trust.SIGNED && !said.isSignedBy(policy.trustedKeys())) {
      throw new UploadRefusedException(
          Reason.NOT_TRUSTED, "no trusted key signed %s".formatted(said.storePath().print()));
    }
    return said;
  }

  /** Those under the name of a key that we know, which did not make them, prove nothing. */
  private NarInfo withoutWrongSignatures(NarInfo said) {
    Set<String> names = policy.trustedKeyNames();
    String fingerprint = said.fingerprint();
    return said.withSignatures(
        said.signatures().stream()
            .distinct()
            .filter(
                signature ->
                    !names.contains(signature.keyName())
                        || policy.trustedKeys().stream()
                            .anyMatch(key -> key.verify(fingerprint, signature)))
            .toList());
  }

  /** The file that the narinfo names: one of ours, by a relative URL. */
  private static NarFileName fileName(NarInfo said) throws UploadRefusedException {
    String url = said.file().url();
    if (!url.startsWith(NAR_FOLDER)) {
      throw wrong("the URL of an uploaded narinfo is nar/<hash>.nar[.<ext>], not " + url);
    }
    NarFileName file;
    try {
      file = NarFileName.parse(url.substring(NAR_FOLDER.length()));
    } catch (NixFormatException e) {
      throw wrong(e.getMessage());
    }
    if (file.compression() == Compression.NONE && said.file().compression() == Compression.GZIP) {
      return new NarFileName(file.stem(), Compression.GZIP); // Nix gives gzip no extension
    }
    if (file.compression() != said.file().compression()) {
      throw wrong(
          "Compression is %s, but URL is %s".formatted(said.file().compression().nixName(), url));
    }
    return file;
  }

  /**
   * The stem of the file name that clients are given: that of the file, but of one in gzip that has
   * Nix's name, under which it means the file as it is, the NarHash.
   */
  private static String stem(NarInfo said, NarFileName file) {
    boolean asNixNamesGzip = !said.file().url().endsWith(file.compression().extension());
    return asNixNamesGzip ? said.nar().hash().nix32() : file.stem();
  }

  private void requireNar(NarInfo said, NarFileName file) throws IOException {
    Optional<Sha256> narHash = database.findNarByFileName(file.stem());
    Optional<StoredNar> nar =
        narHash.isEmpty() ? Optional.empty() : database.findNar(narHash.get());
    if (nar.isEmpty() || !isPresent(nar.get(), file.compression())) {
      throw missing(file);
    }
    if (!nar.get().id().hash().equals(said.nar().hash())) {
      throw differs("NarHash", said.nar().hash(), file, nar.get().id().hash());
    }
    if (nar.get().id().sizeBytes() != said.nar().sizeBytes()) {
      throw differs("NarSize", said.nar().sizeBytes(), file, nar.get().id().sizeBytes());
    }
  }

  /**
   * Whether the NAR can be had in this compression from what is stored; one in chunks counts, as
   * its narinfo is served with another file than it was put with.
   */
  private boolean isPresent(StoredNar nar, Compression wanted) throws IOException {
    for (Representation form : nar.representations()) {
      boolean fits =
          form.form() == Form.CHUNKED || wanted == Compression.NONE || wanted == form.compression();
      if (fits && stored.isPresent(form)) {
        return true;
      }
    }
    return false;
  }

  private void requireReferences(NarInfo said) throws IOException {
    List<StorePathHash> hashes = new ArrayList<>();
    List<String> wanted = new ArrayList<>();
    for (String reference : said.references()) {
      if (!reference.equals(said.storePath().baseName())) {
        hashes.add(StorePathHash.parse(reference.substring(0, StorePathHash.LENGTH)));
        wanted.add(policy.storeDir() + "/" + reference);
      }
    }
    Set<String> stored = database.findStoredPaths(hashes);
    for (String path : wanted) {
      if (!stored.contains(path)) {
        throw wrong(
            "%s refers to %s, which is not stored here".formatted(said.storePath().name(), path));
      }
    }
  }

  private static UploadRefusedException missing(NarFileName file) {
    return wrong("nar/%s is not stored here; upload it first".formatted(file.print()));
  }

  private static UploadRefusedException differs(
      String what, Object said, NarFileName file, Object actual) {
    return wrong("%s is %s, but that of nar/%s is %s".formatted(what, said, file.print(), actual));
  }

  private static UploadRefusedException wrong(String line) {
    return new UploadRefusedException(Reason.WRONG, line);
  }
}
