package narthex.wiring;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.db.ClusterTable;
import narthex.maintain.ClusterMark;
import narthex.nix.SecretKey;
import narthex.settings.CdcSettings;
import narthex.settings.ServerSettings;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.StorageSettings;
import narthex.staging.InFlightRegistry;

/**
 * What all replicas of a cluster must have in common, although each has settings of its own: the
 * signing keys, the store directory, the sizes of chunks and the blob store. The CDC mode may
 * differ, so that it can be changed one replica after the other.
 */
final class ClusterAgreement {
  private static final String BLOB_STORE = "cluster-blob-store";

  private final ClusterTable table;
  private final BlobStore blobs;
  private final Map<String, String> parts = new LinkedHashMap<>();

  /**
   * What this replica has.
   *
   * @throws IOException if the database can't be read
   */
  ClusterAgreement(Settings settings, ClusterTable table, BlobStore blobs) throws IOException {
    this.table = table;
    this.blobs = blobs;
    parts.put(
        ServerSettings.SIGNING_KEY_FILES.name(),
        SigningKeys.ofCluster(settings.signing(), table).stream()
            .map(SecretKey::publicKey)
            .map(key -> key.print())
            .collect(Collectors.joining(" ")));
    parts.put(ServerSettings.STORE_DIR.name(), settings.site().storeDir());
    Settings.Sizes sizes = settings.chunking().sizes();
    parts.put(CdcSettings.CDC_MIN.name(), Long.toString(sizes.min()));
    parts.put(CdcSettings.CDC_AVG.name(), Long.toString(sizes.avg()));
    parts.put(CdcSettings.CDC_MAX.name(), Long.toString(sizes.max()));
  }

  /**
   * Compares with what the replicas before have. A replica that is alone decides for those that
   * come later. Call it while no other replica joins.
   *
   * @throws SettingsException if another replica is connected and something differs; names the
   *     setting
   * @throws IOException if the database or the blob store can't be read
   */
  void require(InFlightRegistry registry) throws IOException {
    boolean isAlone = registry.members().size() <= 1;
    for (Map.Entry<String, String> part : parts.entrySet()) {
      String name = "cluster " + part.getKey();
      String agreed = table.findOrStore(name, part.getValue());
      if (!agreed.equals(part.getValue())) {
        if (!isAlone) {
          throw differs(part.getKey(), part.getValue() + " here, " + agreed + " there");
        }
        table.replace(name, part.getValue());
      }
    }
    requireBlobStore(isAlone);
  }

  private void requireBlobStore(boolean isAlone) throws IOException {
    Optional<String> agreed = table.find(BLOB_STORE);
    if (agreed.isPresent() && blobs.find(ClusterMark.key(agreed.get())).isPresent()) {
      return;
    }
    if (agreed.isPresent() && !isAlone) {
      throw differs(StorageSettings.BLOB_URL.name(), "it is another blob store");
    }
    String id = UUID.randomUUID().toString().toLowerCase(Locale.ROOT);
    try (BlobSink mark = blobs.create(ClusterMark.key(id))) {
      mark.commit();
    }
    table.replace(BLOB_STORE, id);
  }

  private static SettingsException differs(String setting, String how) {
    return new SettingsException(
        setting, null, "must be the same on all replicas of the cluster: " + how);
  }
}
