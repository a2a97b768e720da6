package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import narthex.db.NarInfoRow;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoredNars;
import narthex.upstream.FoundNarInfo;
import narthex.upstream.Upstream;
import narthex.upstream.Upstreams;

/**
 * Searches the upstreams for a file of a NAR: first the upstream of the stored narinfo, then all
 * others that have the same NAR, and last those that recently sent a corrupt file of it. Stores new
 * narinfos that a search finds. Thread-safe.
 */
public final class NarSources {
  private static final System.Logger LOG = System.getLogger(NarSources.class.getName());

  private final Upstreams upstreams;
  private final NarInfoFetch narInfos;
  private final StoredNars stored;
  private final WrongSources wrong;

  /**
   * @param narInfos stores narinfos that a search finds
   * @param stored notifies its listeners of changed narinfos
   */
  public NarSources(Upstreams upstreams, NarInfoFetch narInfos, StoredNars stored) {
    this.upstreams = upstreams;
    this.narInfos = narInfos;
    this.stored = stored;
    this.wrong = narInfos.wrongSources();
  }

  /**
   * Searches for a file of the NAR of this narinfo. If no upstream has the NAR any more, marks the
   * narinfo as outdated. If its upstream now has another NAR for the path, stores the new narinfo.
   *
   * @param wanted the compression of the file; NONE if any will do
   * @return empty if every upstream answered that it has none
   * @throws IOException if there is no answer and an upstream failed
   */
  <T> Optional<T> search(NarInfoRow row, Compression wanted, NarSearch.Question<T> question)
      throws IOException {
    NarSearch<T> search = new NarSearch<>(wrong, WrongSources.name(row.said().nar()), question);
    Optional<T> found = search.ask(own(row));
    if (found.isPresent()) {
      return found;
    }
    Upstreams.Survey survey = upstreams.findAll(row.said().storePath().hash());
    search.troubled(survey.trouble());
    learnOfAnotherNar(row, survey);
    found = search.ask(others(row, survey, wanted));
    if (found.isEmpty()) {
      found = search.end();
    }
    if (found.isEmpty() && !isInAnotherCompression(row, survey)) {
      keep(row.said().storePath().hash(), () -> narInfos.outdate(row));
    }
    return found;
  }

  private static boolean isInAnotherCompression(NarInfoRow row, Upstreams.Survey survey) {
    Compression compression = row.said().file().compression();
    return survey.found().stream()
        .map(FoundNarInfo::narInfo)
        .filter(other -> other.nar().equals(row.said().nar()))
        .anyMatch(other -> other.file().compression() != compression);
  }

  private List<NarOffer> own(NarInfoRow row) {
    String base = row.upstream();
    return base == null
        ? List.of()
        : upstreams.byBase(base).stream()
            .map(upstream -> new NarOffer(upstream, row.said().file(), null))
            .toList();
  }

  /** Stores the new narinfo if the path's upstream rebuilt it, or only other NARs of it exist. */
  private void learnOfAnotherNar(NarInfoRow row, Upstreams.Survey survey) {
    boolean isRebuilt =
        survey.found().stream()
            .anyMatch(
                one ->
                    one.upstream().equals(row.upstream())
                        && !one.narInfo().nar().equals(row.said().nar()));
    boolean isNowhere =
        survey.trouble() == null
            && survey.found().stream()
                .noneMatch(one -> one.narInfo().nar().equals(row.said().nar()));
    if (isRebuilt || (isNowhere && !survey.found().isEmpty())) {
      learn(survey.found().get(0));
    }
  }

  /**
   * The other files of the same NAR, those in the compression of the narinfo first. Stores a
   * narinfo whose file is in an unwanted compression, so that clients can request that file.
   */
  private List<NarOffer> others(NarInfoRow row, Upstreams.Survey survey, Compression wanted) {
    Compression first = row.said().file().compression();
    List<NarOffer> offers = new ArrayList<>();
    List<NarOffer> later = new ArrayList<>();
    for (FoundNarInfo other : survey.found()) {
      NarFile file = other.narInfo().file();
      if (!other.narInfo().nar().equals(row.said().nar())) {
        continue;
      }
      Upstream upstream = upstreams.byBase(other.upstream()).orElseThrow();
      if (file.compression() == first) {
        offers.add(new NarOffer(upstream, file, other));
      } else if (wanted == Compression.NONE) {
        later.add(new NarOffer(upstream, file, other));
      } else if (!wrong.contains(other.upstream(), WrongSources.name(row.said().nar()))) {
        learn(other);
      }
    }
    offers.addAll(later);
    return offers;
  }

  private void learn(FoundNarInfo found) {
    keep(found.narInfo().storePath().hash(), () -> narInfos.store(found));
  }

  /** Changes the stored narinfo of a path. */
  private interface Change {
    void make() throws IOException;
  }

  /** Makes a change. Only logs a failure, such as a full disk: the search doesn't depend on it. */
  private void keep(StorePathHash hash, Change change) {
    try {
      change.make();
      stored.announce(hash);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "could not store narinfo hash={0} reason={1}",
          hash.text(),
          e.getMessage());
    }
  }

  /**
   * Searches for a file of which only the name is known. Asks each upstream for each form of the
   * name that binary caches use.
   *
   * @return empty if every upstream answered that it has none
   * @throws IOException if there is no answer and an upstream failed
   */
  <T> Optional<T> search(NarFileName name, NarSearch.Question<T> question) throws IOException {
    Optional<Sha256> hash = name.hash();
    if (hash.isEmpty()) {
      return Optional.empty();
    }
    List<NarFileName> forms =
        forms(name).stream().filter(form -> !upstreams.isKnownAbsent(form)).toList();
    NarSearch<T> search = new NarSearch<>(wrong, name.stem(), question);
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

  /** The names that the file may have at an upstream; the requested one first. */
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

  /** Reports that the file of this offer was verified; stores the narinfo that names it. */
  void right(NarOffer offer) {
    FoundNarInfo found = offer.found();
    if (found != null) {
      learn(found);
    }
  }

  /**
   * Reports that the NAR of this offer was verified, but the narinfo has a wrong FileHash or
   * FileSize. Stores the narinfo with the actual values.
   *
   * @param row the narinfo to correct, unless the offer has its own
   * @param actual the actual hash and size
   */
  void correct(NarInfoRow row, NarOffer offer, NarFile actual) {
    FoundNarInfo found = offer.found();
    NarInfo said = found == null ? row.said() : found.narInfo();
    String base = offer.upstream().base();
    keep(said.storePath().hash(), () -> narInfos.correct(said, base, actual));
  }

  /** Reports that the file of this offer was corrupt or its transfer failed. */
  void wrong(NarOffer offer, String what) {
    wrong.add(offer.upstream().base(), what);
  }
}
