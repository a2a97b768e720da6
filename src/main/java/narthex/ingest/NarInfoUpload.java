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
 * Stores uploaded narinfos. The NAR must have been uploaded before and match NarHash and NarSize,
 * and all references must be stored. Thread-safe; concurrent uploads of the same narinfo are
 * allowed.
 */
public final class NarInfoUpload {
  private static final System.Logger LOG = System.getLogger(NarInfoUpload.class.getName());

  /** Largest accepted narinfo in bytes: enough for about ten thousand references. */
  public static final long MAX_TEXT_BYTES = 1 << 20;

  private static final String NAR_FOLDER = "nar/";

  /** Which signatures an upload needs. */
  public enum Trust {
    /** The signature of a trusted key. */
    SIGNED,
    /** None. */
    ANY
  }

  /**
   * Which narinfos are accepted.
   *
   * @param storeDir store directory that all paths must be in
   * @param trust whether a trusted key must have signed them
   * @param trustedKeys a narinfo signed by one of these replaces an upstream's whose NAR isn't
   *     stored
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
   * @param stored notifies its listeners of stored narinfos
   * @param upstreams whose cached absence of a path is cleared when it is uploaded
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
   * Stores a narinfo. Keeps an existing narinfo of the path whose NAR is stored; if both have the
   * same fingerprint, it gets the signatures of both.
   *
   * @param hash the hash in the request path
   * @throws UploadRefusedException if the narinfo is malformed, is of another path, doesn't match
   *     its NAR, lacks a required signature, or its NAR or a reference isn't stored; changes
   *     nothing then
   * @throws IOException if the database or the blob store fails
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
      throw wrong("%s.narinfo describes %s".formatted(hash.text(), said.storePath().print()));
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

  /** Removes duplicates, and signatures with a trusted key's name that this key didn't make. */
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

  /** The file name in the narinfo's URL, which must be relative to this cache. */
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
      return new NarFileName(file.stem(), Compression.GZIP); // Nix gives gzip files no extension
    }
    if (file.compression() != said.file().compression()) {
      throw wrong(
          "Compression is %s, but URL is %s".formatted(said.file().compression().nixName(), url));
    }
    return file;
  }

  /**
   * The stem of the file name in served narinfos: the stem of the file; but the NarHash for a gzip
   * file without an extension, because that name means the file unchanged.
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
   * Whether a stored form serves this compression. Chunks serve any: the served narinfo then names
   * another file than the uploaded one.
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
    Set<String> stored = database.storedPaths().find(hashes);
    for (String path : wanted) {
      if (!stored.contains(path)) {
        throw wrong(
            "%s refers to %s, which is not stored here; upload it first"
                .formatted(said.storePath().name(), path));
      }
    }
  }

  private static UploadRefusedException missing(NarFileName file) {
    return wrong("nar/%s is not stored here; upload it first".formatted(file.print()));
  }

  private static UploadRefusedException differs(
      String what, Object said, NarFileName file, Object actual) {
    return wrong("%s is %s, but nar/%3$s has %4$s".formatted(what, said, file.print(), actual));
  }

  private static UploadRefusedException wrong(String line) {
    return new UploadRefusedException(Reason.WRONG, line);
  }
}
