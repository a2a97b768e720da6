package narthex.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.NarInfoRow;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.stream.CorruptNarException;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.NarBody;
import narthex.upstream.Upstream;
import narthex.upstream.Upstreams;
import org.jspecify.annotations.Nullable;

/**
 * Brings one NAR file from an upstream through {@link NarIngest}: from the upstream that named it,
 * else from any other that has the same NAR. A broken transfer is taken up where it broke. Used by
 * one thread, once.
 */
final class NarFetch {
  private static final System.Logger LOG = System.getLogger(NarFetch.class.getName());
  private static final int BUFFER_BYTES = 64 << 10;

  /** Breaks in a row without one new byte after which a transfer is given up. */
  private static final int MAX_FRUITLESS_BREAKS = 5;

  /** Where a NAR file can be had. */
  private record Source(Upstream upstream, NarInfo said) {
    Optional<NarBody> open(long from, @Nullable String entityTag) throws IOException {
      return upstream.openNar(said.file().url(), from, entityTag);
    }

    String describe() {
      return upstream.base() + " " + said.file().url();
    }
  }

  private record Opened(Source source, NarBody body) {}

  private final NarInfoRow row;
  private final Upstreams upstreams;
  private final NarInfoFetch narInfos;
  private final NarIngest ingest;

  NarFetch(NarInfoRow row, Upstreams upstreams, NarInfoFetch narInfos, NarIngest ingest) {
    this.row = row;
    this.upstreams = upstreams;
    this.narInfos = narInfos;
    this.ingest = ingest;
  }

  /** Told when the first bytes can be followed. */
  interface Start {
    void opened(NarIngestion ingestion) throws IOException;
  }

  /**
   * Fetches and stores the NAR.
   *
   * @throws NarAbsentException if surely no upstream has it (in this compression)
   * @throws IOException if it cannot be had just now, or came wrong
   */
  void fetch(Start start) throws IOException {
    Opened opened = open();
    try (NarIngestion ingestion = begin(opened)) {
      try {
        start.opened(ingestion);
        transfer(opened, ingestion);
        ingestion.finish();
      } catch (IOException e) {
        ingestion.fail(e);
        throw e;
      }
    }
  }

  private NarIngestion begin(Opened opened) throws IOException {
    try {
      return ingest.begin(expectation(opened));
    } catch (IOException | RuntimeException e) {
      opened.body().close();
      throw e;
    }
  }

  /** The length that the transfer itself tells counts more than the narinfo's word. */
  private static NarExpectation expectation(Opened opened) {
    NarInfo said = opened.source().said();
    NarFile file = said.file();
    OptionalLong told = opened.body().length();
    return NarExpectation.announced(
        said.nar(),
        file.compression(),
        file.hash(),
        told.isPresent() ? Long.valueOf(told.getAsLong()) : file.sizeBytes(),
        opened.source().describe());
  }

  private Opened open() throws IOException {
    IOException trouble = null;
    Optional<Source> own = own();
    if (own.isPresent()) {
      try {
        Optional<NarBody> body = own.get().open(0, null);
        if (body.isPresent()) {
          return new Opened(own.get(), body.get());
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    return openElsewhere(own, trouble);
  }

  private Optional<Source> own() {
    String base = row.upstream();
    return base == null
        ? Optional.empty()
        : upstreams.byBase(base).map(upstream -> new Source(upstream, row.said()));
  }

  /** Asks every upstream anew who has this NAR; what was learnt replaces an outdated row. */
  private Opened openElsewhere(Optional<Source> tried, @Nullable IOException earlier)
      throws IOException {
    Upstreams.Survey survey = upstreams.findAll(row.said().storePath().hash());
    IOException trouble = earlier == null ? survey.trouble() : earlier;
    for (FoundNarInfo other : survey.found()) {
      if (!other.narInfo().nar().equals(row.said().nar()) || isTried(other, tried)) {
        continue;
      }
      if (other.narInfo().file().compression() != row.said().file().compression()) {
        narInfos.store(other);
        continue;
      }
      Optional<Upstream> upstream = upstreams.byBase(other.upstream());
      try {
        Source source = new Source(upstream.orElseThrow(), other.narInfo());
        Optional<NarBody> body = source.open(0, null);
        if (body.isPresent()) {
          narInfos.store(other);
          return new Opened(source, body.get());
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    throw new NarAbsentException(
        "no upstream has the NAR of %s any more".formatted(row.said().storePath().print()));
  }

  private static boolean isTried(FoundNarInfo other, Optional<Source> tried) {
    return tried.isPresent()
        && tried.get().upstream().base().equals(other.upstream())
        && tried.get().said().file().url().equals(other.narInfo().file().url());
  }

  /** Copies the body; where it breaks, opens it again at the byte that is missing. */
  private static void transfer(Opened opened, NarIngestion ingestion) throws IOException {
    NarBody body = opened.body();
    String entityTag = body.entityTag();
    OptionalLong length = ingestion.manifest().length();
    int fruitless = 0;
    while (true) {
      long before = ingestion.written();
      IOException broken = copy(body, ingestion, length);
      if (broken == null) {
        return;
      }
      fruitless = ingestion.written() > before ? 0 : fruitless + 1;
      if (fruitless > MAX_FRUITLESS_BREAKS) {
        throw broken;
      }
      LOG.log(
          Level.INFO,
          "transfer broken, taken up again source={0} offset={1} reason={2}",
          opened.source().describe(),
          Long.toString(ingestion.written()),
          broken.toString());
      body =
          opened
              .source()
              .open(body.isSeekable() ? ingestion.written() : 0, entityTag)
              .orElseThrow(
                  () ->
                      new IOException(
                          opened.source().describe() + " vanished during its transfer", broken));
    }
  }

  /**
   * Copies one body to its end and closes it.
   *
   * @return null at the end, else how the transfer broke
   * @throws IOException if what came is wrong or cannot be written
   */
  private static @Nullable IOException copy(
      NarBody body, NarIngestion ingestion, OptionalLong length) throws IOException {
    try (body) {
      long skip = ingestion.written() - body.from();
      byte[] buffer = new byte[BUFFER_BYTES];
      InputStream in = body.stream();
      while (true) {
        int count;
        try {
          count = in.read(buffer, 0, buffer.length);
        } catch (CorruptNarException e) {
          throw e;
        } catch (IOException e) {
          // A transfer that lacks only its proper end has brought all that there is.
          boolean all = length.isPresent() && ingestion.written() >= length.getAsLong();
          return all ? null : e;
        }
        if (count < 0) {
          break;
        }
        int known = (int) Math.min(skip, count);
        skip -= known;
        if (count > known) {
          ingestion.write(buffer, known, count - known);
        }
      }
    }
    if (length.isPresent() && ingestion.written() < length.getAsLong()) {
      return new EOFException(
          "ended after %d of %d bytes".formatted(ingestion.written(), length.getAsLong()));
    }
    return null;
  }
}
