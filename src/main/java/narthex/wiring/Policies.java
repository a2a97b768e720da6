package narthex.wiring;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import narthex.document.DocumentUpload;
import narthex.ingest.NarDownload;
import narthex.ingest.NarInfoUpload;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarInfoSigner;
import narthex.serve.SiteInfo;
import narthex.web.AccessRule;
import narthex.web.AccessToken;
import narthex.web.DeletionPolicy;
import narthex.web.Scope;
import narthex.web.UploadPolicy;

/** What the settings allow and require, in the types of those who apply it. */
final class Policies {
  private Policies() {}

  static NarInfoSigner signer(Settings settings) {
    return new NarInfoSigner(
        SigningKeys.load(settings.signing()), settings.uploading().trustedKeys());
  }

  static SiteInfo siteInfo(Settings.Site site, NarInfoSigner signer) {
    return new SiteInfo(
        site.hostname(),
        site.storeDir(),
        site.wantMassQuery() ? SiteInfo.MassQuery.WANTED : SiteInfo.MassQuery.UNWANTED,
        site.priority(),
        signer.publicKeys());
  }

  static AccessRule accessRule(Settings.Access access) {
    Map<Scope, Supplier<List<AccessToken>>> tokens = new EnumMap<>(Scope.class);
    access.tokens().forEach((scope, given) -> tokens.put(scope, () -> given));
    access
        .tokenFiles()
        .forEach(
            (scope, path) -> {
              TokenFile file = TokenFile.open(AccessSettings.tokenFile(scope), path);
              List<AccessToken> given = access.tokens().getOrDefault(scope, List.of());
              tokens.put(scope, () -> Stream.concat(given.stream(), file.get().stream()).toList());
            });
    return new AccessRule(tokens, access.required());
  }

  static NarInfoLookup.LookupSettings lookup(Settings settings) {
    return new NarInfoLookup.LookupSettings(
        settings.narInfos().revalidateAfter(),
        settings.narInfos().memorySizeBytes(),
        settings.fetching().prefetch() ? NarInfoLookup.Prefetch.ON : NarInfoLookup.Prefetch.OFF);
  }

  static DocumentUpload.Policy document(Settings settings) {
    NarInfoUpload.Policy policy = narInfo(settings);
    return new DocumentUpload.Policy(
        settings.uploading().maxDocumentBytes(), policy.trust(), policy.trustedKeys());
  }

  static NarInfoUpload.Policy narInfo(Settings settings) {
    Settings.Uploading uploading = settings.uploading();
    return new NarInfoUpload.Policy(
        settings.site().storeDir(),
        uploading.requireTrusted() ? NarInfoUpload.Trust.SIGNED : NarInfoUpload.Trust.ANY,
        uploading.trustedKeys());
  }

  static NarDownload.Policy download(Settings all) {
    return new NarDownload.Policy(all.uploading().maxNarBytes(), all.chunking().mode());
  }

  static UploadPolicy uploads(Settings settings) {
    return settings.uploading().enabled() ? UploadPolicy.ON : UploadPolicy.OFF;
  }

  static DeletionPolicy deletions(Settings settings) {
    return settings.uploading().deleting() ? DeletionPolicy.ON : DeletionPolicy.OFF;
  }
}
