package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.NarInfoRow;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
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
  /** Where a NAR file can be had. */
  private record Source(Upstream upstream, NarInfo said) {
    Optional<NarBody> open() throws IOException {
      return upstream.openNar(said.file().url(), 0, null);
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
  private final Keep keep;

  NarFetch(
      NarInfoRow row, Upstreams upstreams, NarInfoFetch narInfos, NarIngest ingest, Keep keep) {
    this.row = row;
    this.upstreams = upstreams;
    this.narInfos = narInfos;
    this.ingest = ingest;
    this.keep = keep;
  }

  /** Told when the bytes can be followed, and until when. */
  interface Course {
    void opened(NarIngestion ingestion) throws IOException;

    /** All is right, and what is not kept is discarded next. */
    void landing();
  }

  /**
   * Fetches the NAR and stores what is to be kept of it.
   *
   * @throws NarAbsentException if surely no upstream has it (in this compression)
   * @throws IOException if it cannot be had just now, or came wrong
   */
  void fetch(Course course) throws IOException {
    Opened opened = open();
    try (NarIngestion ingestion = begin(opened)) {
      try {
        course.opened(ingestion);
        Source source = opened.source();
        new NarTransfer(source.upstream(), source.said().file().url(), ingestion)
            .run(opened.body());
        ingestion.finish();
        course.landing();
      } catch (IOException e) {
        ingestion.fail(e);
        throw e;
      }
    }
  }

  private NarIngestion begin(Opened opened) throws IOException {
    try {
      return ingest.begin(expectation(opened), keep);
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
        Optional<NarBody> body = own.get().open();
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
        Optional<NarBody> body = source.open();
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
}
