package narthex.settings;

import java.time.Duration;
import java.util.List;
import narthex.nix.PublicKey;

/** The settings for uploads and deletions. */
public final class UploadSettings {
  static final Setting<Duration> BODY_IDLE_TIMEOUT =
      new Setting<>(
          "narthex.upload.idle-timeout",
          SettingType.POSITIVE_DURATION,
          "60s",
          "how long a client that uploads may send nothing");
  static final Setting<Long> BODY_MIN_RATE =
      new Setting<>(
          "narthex.upload.min-rate",
          SettingType.BYTES,
          "1KiB",
          "minimum upload rate in bytes per second, averaged over"
              + " narthex.upload.idle-timeout; 0 for no minimum");
  static final Setting<Boolean> UPLOAD_ENABLED =
      new Setting<>(
          "narthex.upload.enabled",
          SettingType.BOOLEAN,
          "false",
          "accept uploads: nix copy --to http://<this server>/upload");
  static final Setting<Boolean> UPLOAD_REQUIRE_TRUSTED =
      new Setting<>(
          "narthex.upload.require-trusted",
          SettingType.BOOLEAN,
          "",
          "take only narinfos that a key of narthex.upload.trusted-keys signed; by default if there"
              + " is such a key");
  static final Setting<List<PublicKey>> UPLOAD_TRUSTED_KEYS =
      new Setting<>(
          "narthex.upload.trusted-keys", SettingType.PUBLIC_KEYS, "", "public keys of uploaders");
  static final Setting<Long> UPLOAD_MAX_NAR_SIZE =
      new Setting<>(
          "narthex.upload.max-nar-size",
          SettingType.BYTES,
          "16GiB",
          "maximum size of an uploaded NAR, uncompressed");
  static final Setting<Long> UPLOAD_MAX_DOCUMENT_SIZE =
      new Setting<>(
          "narthex.upload.max-document-size",
          SettingType.BYTES,
          "64MiB",
          "maximum size, uncompressed, of a build log or any other document besides narinfo"
              + " and NAR, uploaded or fetched from upstream");
  static final Setting<Duration> UPLOAD_GRACE =
      new Setting<>(
          "narthex.upload.grace",
          SettingType.POSITIVE_DURATION,
          "1d",
          "how long to keep an uploaded NAR that no narinfo refers to");
  static final Setting<Boolean> DELETE_ENABLED =
      new Setting<>(
          "narthex.delete.enabled",
          SettingType.BOOLEAN,
          "false",
          "accept DELETE requests for narinfos and NARs");

  private UploadSettings() {}
}
