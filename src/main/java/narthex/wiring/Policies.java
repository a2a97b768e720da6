package narthex.wiring;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import narthex.chunk.ChunkSizes;
import narthex.chunk.ChunkStore;
import narthex.db.ClusterTable;
import narthex.db.DatabaseAddress;
import narthex.document.DocumentUpload;
import narthex.ingest.CdcMode;
import narthex.ingest.NarDownload;
import narthex.ingest.NarInfoUpload;
import narthex.maintain.Eviction;
import narthex.metrics.Metrics;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarInfoSigner;
import narthex.serve.SiteInfo;
import narthex.settings.AccessSettings;
import narthex.settings.AccessToken;
import narthex.settings.BlobPlace;
import narthex.settings.CdcSettings;
import narthex.settings.EvictionSettings;
import narthex.settings.MetricsSettings;
import narthex.settings.Setting;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.StorageSettings;
import narthex.web.AccessRule;
import narthex.web.Permission;
import narthex.web.Scope;
import org.jspecify.annotations.Nullable;

/** Converts settings to the policy types of the other packages. */
final class Policies {
  private Policies() {}

  static NarInfoSigner signer(Settings settings, ClusterTable cluster) throws IOException {
    return new NarInfoSigner(
        settings.cluster().enabled()
            ? SigningKeys.ofCluster(settings.signing(), cluster)
            : SigningKeys.load(settings.signing()),
        settings.uploading().trustedKeys());
  }

  static SiteInfo siteInfo(Settings.Site site, NarInfoSigner signer) {
    return new SiteInfo(
        site.hostname(),
        site.storeDir(),
        site.wantMassQuery() ? SiteInfo.MassQuery.WANTED : SiteInfo.MassQuery.UNWANTED,
        site.priority(),
        signer.publicKeys());
  }

  static AccessRule accessRule(Settings.Access access, MetricsSettings metrics) {
    Map<Scope, Supplier<List<Sha256>>> tokens = new EnumMap<>(Scope.class);
    Set<Scope> required = EnumSet.noneOf(Scope.class);
    for (Scope scope : Scope.values()) {
      Settings.Grant grant = grant(access, scope);
      if (grant.required()) {
        required.add(scope);
      }
      List<Sha256> given = grant.tokens().stream().map(AccessToken::digest).toList();
      Path path = grant.tokenFile();
      if (path != null) {
        TokenFile file = TokenFile.open(tokenFile(scope), path);
        tokens.put(scope, () -> Stream.concat(given.stream(), file.get().stream()).toList());
      } else if (!given.isEmpty()) {
        tokens.put(scope, () -> given);
      }
    }
    return new AccessRule(
        tokens,
        required,
        metrics.isPublic() ? AccessRule.Metrics.PUBLIC : AccessRule.Metrics.GUARDED);
  }

  static Optional<Metrics.Push> push(MetricsSettings metrics) {
    return Optional.ofNullable(metrics.otlpUrl())
        .map(url -> new Metrics.Push(url.print(), metrics.otlpInterval(), metrics.otlpHeaders()));
  }

  private static Settings.Grant grant(Settings.Access access, Scope scope) {
    return switch (scope) {
      case METRICS -> access.metrics();
      case READ -> access.read();
      case WRITE -> access.write();
      case ADMIN -> access.admin();
    };
  }

  private static Setting<Path> tokenFile(Scope scope) {
    return switch (scope) {
      case METRICS -> AccessSettings.METRICS_TOKENS_FILE;
      case READ -> AccessSettings.READ_TOKENS_FILE;
      case WRITE -> AccessSettings.WRITE_TOKENS_FILE;
      case ADMIN -> AccessSettings.ADMIN_TOKENS_FILE;
    };
  }

  static CdcMode mode(Settings settings) {
    return switch (settings.chunking().mode()) {
      case "lazy" -> CdcMode.LAZY;
      case "eager" -> CdcMode.EAGER;
      default -> CdcMode.OFF;
    };
  }

  static Advertising.Chunked advertised(Settings settings) {
    return settings.chunking().advertised() == Compression.ZSTD
        ? Advertising.Chunked.AS_ZSTD
        : Advertising.Chunked.AS_NONE;
  }

  /**
   * Returns the policy for chunks and packs.
   *
   * @throws SettingsException if a size is out of range, or they don't fit together
   */
  static ChunkStore.Policy chunks(Settings settings) {
    Settings.Sizes said = settings.chunking().sizes();
    ChunkSizes sizes;
    try {
      sizes = new ChunkSizes(bytes(said.min()), bytes(said.avg()), bytes(said.max()));
    } catch (IllegalArgumentException e) {
      throw settings.problem(CdcSettings.CDC_AVG, String.valueOf(e.getMessage()));
    }
    try {
      return new ChunkStore.Policy(
          sizes,
          said.pack(),
          settings.chunking().allowOtherSizes()
              ? ChunkStore.OtherSizes.ALLOWED
              : ChunkStore.OtherSizes.REFUSED);
    } catch (IllegalArgumentException e) {
      throw settings.problem(StorageSettings.BLOB_PART_SIZE, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Converts to int. A larger size becomes the largest int, which exceeds every limit of {@link
   * ChunkSizes} too.
   */
  private static int bytes(long size) {
    return (int) Math.min(Integer.MAX_VALUE, size);
  }

  static Eviction.Policy eviction(Settings settings) {
    EvictionSettings said = settings.eviction();
    Long minFree = said.minFreeBytes();
    OptionalLong leastFree =
        settings.storage().blobs() instanceof BlobPlace.Directory
            ? OptionalLong.of(Math.max(Eviction.FULL_BYTES, minFree == null ? 0 : minFree))
            : OptionalLong.empty();
    return new Eviction.Policy(
        new Eviction.Limits(limit(said.maxBytes()), leastFree, said.lowWater()),
        said.spareUploads(),
        said.keepsUnavailable() ? Eviction.Keep.UNAVAILABLE : Eviction.Keep.NOTHING);
  }

  private static OptionalLong limit(@Nullable Long bytes) {
    return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
  }

  static DatabaseAddress database(Settings.Database said) {
    return new DatabaseAddress(said.url(), said.user(), said.password(), said.jndi());
  }

  static NarInfoLookup.Policy lookup(Settings settings) {
    return new NarInfoLookup.Policy(
        settings.narInfos().revalidateAfter(),
        settings.narInfos().memorySizeBytes(),
        settings.narInfos().memoryTtl(),
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
    return new NarDownload.Policy(all.uploading().maxNarBytes(), mode(all));
  }

  static Permission uploads(Settings settings) {
    return settings.uploading().enabled() ? Permission.ENABLED : Permission.DISABLED;
  }

  static Permission deletions(Settings settings) {
    return settings.uploading().deleting() ? Permission.ENABLED : Permission.DISABLED;
  }
}
