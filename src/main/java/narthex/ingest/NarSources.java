package narthex.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstream;
import narthex.upstream.Upstreams;

/**
 * The one order in which upstreams are searched for a file of a NAR: the upstream whose narinfo is
 * kept, then all others that have the same NAR. Thread-safe.
 */
public final class NarSources {
  private final Upstreams upstreams;
  private final NarInfoFetch narInfos;

  /**
   * @param narInfos keeps narinfos that a search finds
   */
  public NarSources(Upstreams upstreams, NarInfoFetch narInfos) {
    this.upstreams = upstreams;
    this.narInfos = narInfos;
  }

  /**
   * Searches for the file that this narinfo names, or another of the same NAR and compression.
   *
   * @return empty if surely no upstream has one
   * @throws IOException if none was found and some upstreams could not say
   */
  <T> Optional<T> search(NarInfoRow row, NarSearch.Question<T> question) throws IOException {
    NarSearch<T> search = new NarSearch<>(question);
    Optional<T> found = search.ask(own(row));
    if (found.isPresent()) {
      return found;
    }
    Upstreams.Survey survey = upstreams.findAll(row.said().storePath().hash());
    search.troubled(survey.trouble());
    found = search.ask(others(row, survey));
    return found.isPresent() ? found : search.end();
  }

  private List<NarOffer> own(NarInfoRow row) {
    String base = row.upstream();
    return base == null
        ? List.of()
        : upstreams.byBase(base).stream()
            .map(upstream -> new NarOffer(upstream, row.said().file(), null))
            .toList();
  }

  /** What other upstreams have; a narinfo that names another compression replaces the row. */
  private List<NarOffer> others(NarInfoRow row, Upstreams.Survey survey) throws IOException {
    List<NarOffer> offers = new ArrayList<>();
    for (FoundNarInfo other : survey.found()) {
      NarFile file = other.narInfo().file();
      if (!other.narInfo().nar().equals(row.said().nar())) {
        continue;
      }
      if (file.compression() != row.said().file().compression()) {
        narInfos.store(other);
        continue;
      }
      Upstream upstream = upstreams.byBase(other.upstream()).orElseThrow();
      offers.add(new NarOffer(upstream, file, other));
    }
    return offers;
  }

  /**
   * Searches for a file of which only the name is known, in the forms that binary caches use: one
   * upstream after the other, and each form after the other.
   *
   * @return empty if surely no upstream has one
   * @throws IOException if none was found and some upstreams could not say
   */
  <T> Optional<T> search(NarFileName name, NarSearch.Question<T> question) throws IOException {
    Optional<Sha256> hash = name.hash();
    if (hash.isEmpty()) {
      return Optional.empty();
    }
    List<NarFileName> forms =
        forms(name).stream().filter(form -> !upstreams.isKnownAbsent(form)).toList();
    NarSearch<T> search = new NarSearch<>(question);
    for (Upstream upstream : upstreams.byPriority()) {
      Optional<T> found =
          search.ask(forms.stream().map(form -> offer(upstream, form, hash.get())).toList());
      if (found.isPresent()) {
        return found;
      }
    }
    Optional<T> none = search.end();
    upstreams.rememberAbsence(forms);
    return none;
  }

  private static NarOffer offer(Upstream upstream, NarFileName form, Sha256 hash) {
    String url = "nar/" + form.print();
    return new NarOffer(upstream, new NarFile(url, form.compression(), hash, null), null);
  }

  /** The names under which the file may lie: the one asked for first. */
  private static List<NarFileName> forms(NarFileName name) {
    List<NarFileName> forms = new ArrayList<>(List.of(name));
    if (name.compression() == Compression.NONE) {
      Arrays.stream(Compression.values())
          .filter(other -> other != Compression.NONE)
          .map(other -> new NarFileName(name.stem(), other))
          .forEach(forms::add);
    }
    return forms;
  }

  /** Keeps the narinfo that names this file, if it was only just found. */
  void used(NarOffer offer) throws IOException {
    FoundNarInfo found = offer.found();
    if (found != null) {
      narInfos.store(found);
    }
  }
}
