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
 * One other binary cache. Trouble is retried within a bound; after several failures in a row the
 * upstream is left alone for a while, then probed by one request. Safe for use by many threads.
 *
 * <p>Answers 200 and 206 are a yes; 403, 404 and 410 a sure no (S3 says 403 for an absent key); all
 * else is trouble.
 */
public final class Upstream implements Closeable {
  private static final System.Logger LOG = System.getLogger(Upstream.class.getName());

  /** Longest narinfo taken; real ones with thousands of references have a few 100 KiB. */
  private static final long MAX_NARINFO_BYTES = 2L << 20;

  /** Documents get one connection for so many of NARs, and as many of questions. */
  private static final int CONNECTIONS_PER_DOCUMENT = 4;

  private final UpstreamSettings settings;
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
   * @param settings how to ask it
   * @param storeDir the only store directory whose paths are taken
   * @param network how it is reached
   * @param decoders decodes what the upstream sends encoded
   */
  public Upstream(
      UpstreamSettings settings, String storeDir, UpstreamNetwork network, DecoderShare decoders) {
    this(settings, storeDir, network, decoders, InetAddress::getAllByName);
  }

  /**
   * The same, reached directly.
   *
   * @param netrc credentials for hosts that have none in their URL
   */
  public Upstream(UpstreamSettings settings, String storeDir, Netrc netrc, DecoderShare decoders) {
    this(settings, storeDir, UpstreamNetwork.direct(netrc), decoders);
  }

  Upstream(
      UpstreamSettings settings,
      String storeDir,
      UpstreamNetwork network,
      DecoderShare decoders,
      AddressRule.Resolver resolver) {
    this.settings = settings;
    this.storeDir = storeDir;
    this.decoders = decoders;
    this.base = settings.url().folder();
    UpstreamRoutes routes = new UpstreamRoutes(settings.url(), network, resolver);
    int connections = settings.limits().maxConnections();
    this.questions = new UpstreamHttp(settings.limits(), routes, connections);
    this.documents =
        new UpstreamHttp(
            settings.limits(), routes, Math.max(1, connections / CONNECTIONS_PER_DOCUMENT));
    this.nars = new UpstreamHttp(settings.limits(), routes, connections);
    this.health = new UpstreamHealth(base.print(), settings.limits(), System::nanoTime);
    this.tries = new UpstreamTries(settings.limits(), health);
  }

  /** Its base URL, ending in a slash, without credentials. */
  public String base() {
    return base.print();
  }

  /** How it fares, for people. */
  UpstreamState state(Instant now) {
    return health.state(now);
  }

  /**
   * Its priority, lower first: as set, else as its nix-cache-info says; empty while that is not
   * known. (Nix's own default where the file names none is 0.)
   */
  public Optional<Integer> priority() {
    if (settings.priority() != null) {
      return Optional.of(settings.priority());
    }
    return info.last().map(CacheInfo::priority);
  }

  /**
   * Asks for a narinfo.
   *
   * @return empty if the upstream surely has none that may be taken (absent, or not trusted)
   * @throws IOException if that cannot be told
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
   * Opens a NAR file from byte {@code from} on; the caller closes the body. An upstream that cannot
   * seek answers from byte 0 on.
   *
   * @param url the opaque URL of its narinfo
   * @param entityTag the file's entity tag as known from before; if it changed, the answer is from
   *     byte 0 on
   * @return empty if it surely has no such file
   * @throws IOException if that cannot be told
   */
  public Optional<NarBody> openNar(String url, long from, @Nullable String entityTag)
      throws IOException {
    HttpUrl resolved = resolve(url);
    return tries.run(url, () -> open(resolved, from, entityTag));
  }

  /**
   * Fetches a document: a whole body, decoded. A realisation must bear a trusted signature.
   *
   * @param maxBytes how many bytes it may have
   * @param reader takes the body; called anew if a transfer breaks
   * @return empty if the upstream surely has none that may be taken (absent, or not trusted)
   * @throws IOException if that cannot be told, or it is malformed or too long
   */
  public <T> Optional<T> fetchDocument(DocumentName name, long maxBytes, DocumentReader<T> reader)
      throws IOException {
    DocumentRequest request =
        new DocumentRequest(documents, base, settings, name, maxBytes, decoders);
    return tries.run(name.print(), () -> usable() ? request.fetch(reader) : Optional.empty());
  }

  /**
   * Asks whether it has a NAR file, without reading it.
   *
   * @return empty if it surely has none; else the file's length, if told
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

  /** Whether its paths live in our store directory; asks its nix-cache-info if that is due. */
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

  /** Whether its settings make a narinfo trusted that came from the upstream with this base URL. */
  boolean vouchesFor(NarInfo narInfo, String from) {
    return narInfo.isSignedBy(settings.trustedKeys())
        || (settings.trust() == UpstreamSettings.Trust.ANY && base().equals(from));
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
          "%s%s.narinfo speaks of %s".formatted(base, hash.text(), narInfo.storePath().print()),
          TroubleException.Retry.POINTLESS);
    }
    if (settings.trust() == UpstreamSettings.Trust.SIGNED
        && !narInfo.isSignedBy(settings.trustedKeys())) {
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
            url + " answered another range than asked", TroubleException.Retry.POINTLESS);
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
          "%s names a NAR by a URL that cannot be used: %s: %s"
              .formatted(base, OneLine.of(url), e.getMessage()),
          e);
    }
  }
}
