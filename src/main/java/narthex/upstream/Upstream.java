package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.DocumentName;
import narthex.nix.HttpUrl;
import narthex.nix.NarInfo;
import narthex.nix.NixFormatException;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;
import narthex.stream.BoundedInputStream;
import narthex.stream.DecoderShare;
import narthex.stream.TooLongException;
import org.apache.hc.core5.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * An upstream: another binary cache that this one fetches from. Failed requests are retried for a
 * limited time. After several failures in a row the upstream is suspended for a while, then probed
 * by one request. Thread-safe.
 *
 * <p>Status 200 or 206 means that the upstream has the file; 403, 404 or 410 that it doesn't (S3
 * answers 403 for a missing key). Everything else is trouble: the answer is unknown.
 */
public final class Upstream implements Closeable {
  private static final System.Logger LOG = System.getLogger(Upstream.class.getName());

  /** Longest accepted narinfo; one with thousands of references has a few 100 KiB. */
  private static final long MAX_NARINFO_BYTES = 2L << 20;

  /** The connections for documents are the maximum for NARs divided by this. */
  private static final int CONNECTIONS_PER_DOCUMENT = 4;

  private final UpstreamPolicy policy;
  private final HttpUrl base;
  private final String storeDir;
  private final DecoderShare decoders;
  private final UpstreamHttp questions;
  private final UpstreamHttp documents;
  private final UpstreamHttp nars;
  private final UpstreamHealth health;
  private final UpstreamTries tries;
  private final KnownCacheInfo info = new KnownCacheInfo(System::nanoTime);

  /**
   * Opens connection pools, but sends no request.
   *
   * @param policy the upstream's settings
   * @param storeDir the store directory of this cache; narinfos of other ones are refused
   * @param network proxies, certificates and credentials
   * @param decoders decodes bodies with a content coding
   */
  public Upstream(
      UpstreamPolicy policy, String storeDir, UpstreamNetwork network, DecoderShare decoders) {
    this(policy, storeDir, network, decoders, InetAddress::getAllByName);
  }

  /**
   * An upstream without a proxy.
   *
   * @param netrc credentials for hosts that have none in their URL
   */
  public Upstream(UpstreamPolicy policy, String storeDir, Netrc netrc, DecoderShare decoders) {
    this(policy, storeDir, UpstreamNetwork.direct(netrc), decoders);
  }

  Upstream(
      UpstreamPolicy policy,
      String storeDir,
      UpstreamNetwork network,
      DecoderShare decoders,
      AddressRule.Resolver resolver) {
    this.policy = policy;
    this.storeDir = storeDir;
    this.decoders = decoders;
    this.base = policy.url().folder();
    UpstreamRoutes routes = new UpstreamRoutes(policy.url(), network, resolver);
    int connections = policy.limits().maxConnections();
    this.questions = new UpstreamHttp(policy.limits(), routes, connections);
    this.documents =
        new UpstreamHttp(
            policy.limits(), routes, Math.max(1, connections / CONNECTIONS_PER_DOCUMENT));
    this.nars = new UpstreamHttp(policy.limits(), routes, connections);
    this.health = new UpstreamHealth(base.print(), policy.limits(), System::nanoTime);
    this.tries = new UpstreamTries(policy.limits(), health);
  }

  /** The base URL, with a slash at its end, without credentials. */
  public String base() {
    return base.print();
  }

  /** Sets who is told of requests. Call it at start-up. */
  void observe(UpstreamObserver observer) {
    tries.observe(observer);
  }

  /** The state of the upstream as shown to users. */
  UpstreamState state(Instant now) {
    return health.state(now);
  }

  /**
   * The priority, lower first: that of the settings, or else that of its nix-cache-info, where a
   * missing one means 0 as in Nix. Empty while the nix-cache-info is unknown.
   */
  public Optional<Integer> priority() {
    if (policy.priority() != null) {
      return Optional.of(policy.priority());
    }
    return info.last().map(CacheInfo::priority);
  }

  /** The priority; 0, the best one and Nix's default, while it is unknown. */
  int rank() {
    return priority().orElse(0);
  }

  /**
   * Fetches a narinfo.
   *
   * @return empty if the upstream doesn't have it or it isn't trusted
   * @throws IOException if the request fails or the narinfo is malformed
   */
  public Optional<FoundNarInfo> fetchNarInfo(StorePathHash hash) throws IOException {
    return tries.run(
        hash.text(),
        () -> {
          if (!usable()) {
            return Optional.empty();
          }
          Optional<String> text = fetchText(base.resolve(hash.text() + ".narinfo"));
          return text.isEmpty() ? Optional.empty() : trusted(hash, text.get());
        });
  }

  /**
   * Opens a NAR file; the caller closes the body. The body starts at byte 0 if the upstream doesn't
   * support ranges or the file has changed: see {@link NarBody#from}.
   *
   * @param url the opaque URL of the narinfo
   * @param from the requested offset in bytes
   * @param entityTag the entity tag of an earlier response, to detect a changed file; null if there
   *     is none
   * @return empty if the upstream doesn't have the file
   * @throws IOException if the request fails
   */
  public Optional<NarBody> openNar(String url, long from, @Nullable String entityTag)
      throws IOException {
    HttpUrl resolved = resolve(url);
    return tries.run(url, () -> open(resolved, from, entityTag));
  }

  /**
   * Fetches a document. Unless the upstream itself is trusted, realisations need a trusted
   * signature.
   *
   * @param maxBytes longest accepted document
   * @param reader reads the decoded body; each retry calls it again
   * @return empty if the upstream doesn't have the document or it isn't trusted
   * @throws IOException if the request fails, or the document is malformed or too long
   */
  public <T> Optional<T> fetchDocument(DocumentName name, long maxBytes, DocumentReader<T> reader)
      throws IOException {
    DocumentRequest request =
        new DocumentRequest(documents, base, policy, name, maxBytes, decoders);
    return tries.run(name.print(), () -> usable() ? request.fetch(reader) : Optional.empty());
  }

  /**
   * Checks by HEAD whether the upstream has a NAR file.
   *
   * @param url the opaque URL of the narinfo
   * @return empty if it doesn't; else the file's length in bytes, itself empty if unknown
   * @throws IOException if the request fails
   */
  public Optional<OptionalLong> findNar(String url) throws IOException {
    HttpUrl resolved = resolve(url);
    return tries.run(
        url,
        () -> {
          try (UpstreamAnswer answer = questions.send("HEAD", resolved, Map.of())) {
            if (isAbsence(answer)) {
              return Optional.empty();
            }
            requireOk(answer, resolved);
            return Optional.of(contentLength(answer));
          }
        });
  }

  @Override
  public void close() throws IOException {
    questions.close();
    documents.close();
    nars.close();
  }

  /** Whether the upstream has our store directory; fetches its nix-cache-info first if due. */
  private boolean usable() throws IOException {
    if (info.isDue()) {
      Optional<CacheInfo> before = info.last();
      try {
        info.learn(fetchText(base.resolve("nix-cache-info")));
      } catch (IOException e) {
        if (before.isEmpty()) {
          throw e;
        }
        info.keep();
      }
      Optional<CacheInfo> now = info.last();
      if (!now.equals(before)) {
        log(now.orElseThrow());
      }
    }
    return info.last().orElseThrow().isFor(storeDir);
  }

  private void log(CacheInfo known) {
    if (known.isFor(storeDir)) {
      LOG.log(
          Level.INFO,
          "upstream ready upstream={0} priority={1}",
          base,
          Integer.toString(known.priority()));
    } else {
      LOG.log(
          Level.ERROR,
          "upstream ignored: it has a different store directory upstream={0} expected={1}",
          base,
          storeDir);
    }
  }

  /** Whether this upstream's settings make a narinfo from the upstream with this base trusted. */
  boolean vouchesFor(NarInfo narInfo, String from) {
    return narInfo.isSignedBy(policy.trustedKeys())
        || (policy.trust() == UpstreamPolicy.Trust.ANY && base().equals(from));
  }

  private Optional<FoundNarInfo> trusted(StorePathHash hash, String text) throws IOException {
    NarInfo narInfo;
    try {
      narInfo = NarInfo.parse(text);
    } catch (NixFormatException e) {
      throw new TroubleException(
          "%s%s.narinfo is malformed: %s".formatted(base, hash.text(), e.getMessage()),
          TroubleException.Retry.POINTLESS);
    }
    if (!narInfo.storePath().hash().equals(hash)
        || !narInfo.storePath().storeDir().equals(storeDir)) {
      throw new TroubleException(
          "%s%s.narinfo describes %s".formatted(base, hash.text(), narInfo.storePath().print()),
          TroubleException.Retry.POINTLESS);
    }
    if (policy.trust() == UpstreamPolicy.Trust.SIGNED
        && !narInfo.isSignedBy(policy.trustedKeys())) {
      LOG.log(
          Level.WARNING,
          "narinfo refused: no signature of a trusted key upstream={0} path={1}",
          base,
          narInfo.storePath().print());
      return Optional.empty();
    }
    return Optional.of(new FoundNarInfo(narInfo, base()));
  }

  private Optional<String> fetchText(HttpUrl url) throws IOException {
    try (UpstreamAnswer answer = questions.send("GET", url, Map.of())) {
      if (isAbsence(answer)) {
        answer.closeUnwanted();
        return Optional.empty();
      }
      requireOk(answer, url);
      try (InputStream body =
          new BoundedInputStream(
              ContentEncoding.decode(
                  answer,
                  new SteadyInputStream(answer.body(), System::nanoTime),
                  decoders,
                  MAX_NARINFO_BYTES),
              MAX_NARINFO_BYTES,
              url.print())) {
        return Optional.of(new String(body.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (TooLongException e) {
      throw new TroubleException(e.toString(), TroubleException.Retry.POINTLESS);
    } catch (TroubleException e) {
      throw e;
    } catch (IOException e) {
      throw TroubleException.broken(url.print(), e);
    }
  }

  private Optional<NarBody> open(HttpUrl url, long from, @Nullable String entityTag)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    if (from > 0) {
      headers.put(HttpHeaders.RANGE, "bytes=" + from + "-");
      if (entityTag != null) {
        headers.put(HttpHeaders.IF_RANGE, entityTag);
      }
    }
    UpstreamAnswer answer = nars.send("GET", url, headers);
    try {
      if (isAbsence(answer)) {
        answer.closeUnwanted();
        return Optional.empty();
      }
      return Optional.of(body(url, from, answer));
    } catch (IOException | RuntimeException e) {
      answer.close();
      throw e;
    }
  }

  private NarBody body(HttpUrl url, long from, UpstreamAnswer answer) throws IOException {
    OptionalLong length = contentLength(answer);
    InputStream stored = answer.body();
    InputStream stream = ContentEncoding.decode(answer, stored, decoders, Long.MAX_VALUE);
    boolean coded = !Objects.equals(stored, stream);
    long start = 0;
    if (answer.code() == 206) {
      ContentRange range = ContentRange.parse(answer.header(HttpHeaders.CONTENT_RANGE));
      if (range == null || range.from() != from || coded) {
        throw new TroubleException(
            url + " sent another range than requested", TroubleException.Retry.POINTLESS);
      }
      start = from;
      length = range.length();
    } else {
      requireOk(answer, url);
    }
    String tag = answer.header(HttpHeaders.ETAG);
    return new NarBody(
        answer,
        stream,
        start,
        coded ? OptionalLong.empty() : length,
        coded || tag == null || tag.startsWith("W/") ? null : tag,
        coded ? NarBody.Coding.CODED : NarBody.Coding.PLAIN);
  }

  static boolean isAbsence(UpstreamAnswer answer) {
    int code = answer.code();
    return code == 404 || code == 410 || code == 403;
  }

  static void requireOk(UpstreamAnswer answer, HttpUrl url) throws TroubleException {
    int code = answer.code();
    if (code == 200) {
      return;
    }
    boolean passing = code == 408 || code == 429 || (code >= 500 && code != 501 && code != 505);
    throw new TroubleException(
        url + " answered " + code,
        passing ? TroubleException.Retry.WORTHWHILE : TroubleException.Retry.POINTLESS,
        code >= 502 && code <= 504 ? TroubleException.About.PATH : TroubleException.About.OBJECT);
  }

  private static OptionalLong contentLength(UpstreamAnswer answer) {
    String text = answer.header(HttpHeaders.CONTENT_LENGTH);
    try {
      return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text.trim()));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private HttpUrl resolve(String url) throws IOException {
    try {
      return base.resolve(url);
    } catch (IllegalArgumentException e) {
      throw new UpstreamUnavailableException(
          "a narinfo of %s has an unusable URL: %s: %s"
              .formatted(base, OneLine.of(url), e.getMessage()),
          e);
    }
  }
}
