package narthex.web;

import jakarta.servlet.ServletRequest;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.document.NarFiles;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.NarUpload;
import narthex.maintain.Deletion;
import narthex.maintain.Jobs;
import narthex.maintain.PathPage;
import narthex.maintain.Paths;
import narthex.maintain.Pins;
import narthex.maintain.ServerState;
import narthex.maintain.Statistics;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarLookup;
import narthex.serve.Readiness;
import narthex.serve.SiteInfo;
import narthex.stream.DecoderBudget;

/**
 * The components of one served cache. The {@link SiteFilter} sets it as an attribute of every
 * request, for filters and servlets.
 *
 * @param info host name, store directory and public keys of the cache
 * @param access the access rule
 * @param advertising how NARs are advertised
 * @param lookups lookups for GET and HEAD
 * @param uploads handlers of uploads
 * @param deletions handler of deletions
 * @param administration what administrators see and do
 * @param readiness checks the storage
 * @param resources limited resources that requests share
 * @param observer is told of every request that has ended
 * @param metrics the figures of the server
 */
public record Site(
    SiteInfo info,
    AccessRule access,
    Advertising advertising,
    Lookups lookups,
    Uploads uploads,
    Deletions deletions,
    Administration administration,
    Readiness readiness,
    Resources resources,
    RequestObserver observer,
    MetricsText metrics) {

  /** The request's attribute that holds the site. */
  private static final String ATTRIBUTE = Site.class.getName();

  /**
   * Lookups for GET and HEAD.
   *
   * @param narInfos narinfos
   * @param nars NARs
   * @param documents logs, debug information, realisations and uploaded listings
   * @param files listings of NARs and the files in them
   */
  public record Lookups(
      NarInfoLookup narInfos, NarLookup nars, DocumentLookup documents, NarFiles files) {}

  /**
   * Handlers of uploads.
   *
   * @param permission whether clients may upload
   * @param narInfos stores narinfos
   * @param nars stores NARs
   * @param documents stores all other documents
   */
  public record Uploads(
      Permission permission, NarInfoUpload narInfos, NarUpload nars, DocumentUpload documents) {}

  /**
   * Handler of deletions.
   *
   * @param permission whether clients may delete
   * @param deletion deletes store paths and NARs
   */
  public record Deletions(Permission permission, Deletion deletion) {}

  /**
   * What administrators see and do.
   *
   * @param jobs long work that an administrator asks for
   * @param pins paths that are kept with all that they refer to
   * @param statistics figures about what is stored
   * @param paths finds store paths
   * @param page describes a store path
   * @param state what the server does at the moment
   * @param requests what it was asked in the last hour
   */
  public record Administration(
      Jobs jobs,
      Pins pins,
      Statistics statistics,
      Paths paths,
      PathPage page,
      ServerState state,
      RequestHistory requests) {
    /** Returns the same with other jobs. */
    Administration with(Jobs other) {
      return new Administration(other, pins, statistics, paths, page, state, requests);
    }
  }

  /**
   * Limited resources that requests share.
   *
   * @param running counts the running requests
   * @param shares limits the request threads of each kind of work
   * @param bodyPace how fast clients must send request bodies
   * @param decoders limits the memory of decoders
   */
  public record Resources(
      RunningRequests running, Shares shares, BodyPace bodyPace, DecoderBudget decoders) {}

  /**
   * Returns the site of a request.
   *
   * @throws IllegalStateException if the {@link SiteFilter} did not see the request
   */
  static Site of(ServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof Site site) {
      return site;
    }
    throw new IllegalStateException("no site on this request: SiteFilter must run first");
  }

  /** Long work that an administrator asks for. */
  public Jobs jobs() {
    return administration.jobs();
  }

  /** Paths that are kept with all that they refer to. */
  Pins pins() {
    return administration.pins();
  }

  /** Figures about what is stored. */
  Statistics statistics() {
    return administration.statistics();
  }

  /** Returns a site with another observer. */
  Site observedBy(RequestObserver other) {
    return new Site(
        info,
        access,
        advertising,
        lookups,
        uploads,
        deletions,
        administration,
        readiness,
        resources,
        other,
        metrics);
  }

  /** Puts this site on a request. */
  void putOn(ServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }
}
