package narthex.web;

import jakarta.servlet.ServletRequest;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.document.NarFiles;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.NarUpload;
import narthex.maintain.Deletion;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarLookup;
import narthex.serve.Readiness;
import narthex.serve.SiteInfo;
import narthex.stream.DecoderBudget;

/**
 * What one served cache consists of. The {@link SiteFilter} puts it on every request; filters and
 * servlets take it from there.
 *
 * @param info what the cache says of itself
 * @param access who may do what
 * @param advertising how NARs are advertised
 * @param lookups where answers are found
 * @param uploads where uploads go
 * @param deletions what deletes
 * @param readiness whether the storage answers
 * @param resources what requests share
 */
public record Site(
    SiteInfo info,
    AccessRule access,
    Advertising advertising,
    Lookups lookups,
    Uploads uploads,
    Deletions deletions,
    Readiness readiness,
    Resources resources) {

  /** The request's attribute that holds the site. */
  private static final String ATTRIBUTE = Site.class.getName();

  /**
   * Where answers are found.
   *
   * @param narInfos narinfos
   * @param nars NARs
   * @param documents logs, debug information, realisations and uploaded listings
   * @param files listings of NARs and the files in them
   */
  public record Lookups(
      NarInfoLookup narInfos, NarLookup nars, DocumentLookup documents, NarFiles files) {}

  /**
   * Where uploads go.
   *
   * @param policy whether clients may upload
   * @param narInfos takes narinfos
   * @param nars takes NARs
   * @param documents takes all other documents
   */
  public record Uploads(
      UploadPolicy policy, NarInfoUpload narInfos, NarUpload nars, DocumentUpload documents) {}

  /**
   * What deletes.
   *
   * @param policy whether clients may delete
   * @param deletion deletes store paths and NARs
   */
  public record Deletions(DeletionPolicy policy, Deletion deletion) {}

  /**
   * What requests share, and what bounds them.
   *
   * @param running counts the requests that are being answered
   * @param shares divides the request threads among the kinds of work
   * @param bodyPace how fast request bodies have to come
   * @param decoders the memory of decoders
   */
  public record Resources(
      RunningRequests running, Shares shares, BodyPace bodyPace, DecoderBudget decoders) {}

  /**
   * Returns the site that a request is for.
   *
   * @throws IllegalStateException if the {@link SiteFilter} did not see the request
   */
  static Site of(ServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof Site site) {
      return site;
    }
    throw new IllegalStateException("no site on this request: SiteFilter must run first");
  }

  /** Puts this site on a request. */
  void putOn(ServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }
}
