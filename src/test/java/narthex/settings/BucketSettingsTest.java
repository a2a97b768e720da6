package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketSettingsTest extends SettingsFixture {
  @Test
  void blobsLieInABucketOfAws() {
    assertEquals(new BlobPlace.Bucket("nix", "", null, null, false), place("s3://nix"));
    assertEquals(new BlobPlace.Bucket("nix", "", null, null, false), place("s3://nix/"));
    assertEquals(
        new BlobPlace.Bucket("nix", "a/b/", null, "eu-west-1", true),
        place("s3://nix/a/b?region=eu-west-1&path-style=true"));
  }

  @Test
  void blobsLieInABucketOfAnotherServer() {
    URI endpoint = URI.create("http://minio:9000");

    assertEquals(
        new BlobPlace.Bucket("nix", "p/", endpoint, null, true),
        place("s3://nix/p/?endpoint=http://minio:9000"));
    assertEquals(
        new BlobPlace.Bucket("nix", "", endpoint, "here", false),
        place("s3://nix?endpoint=http%3A%2F%2Fminio%3A9000&region=here&path-style=false"));
  }

  private BlobPlace place(String url) {
    properties.put("narthex.blob.url", url);
    return read().storage().blobs();
  }

  @Test
  void theDefaultsOfABucketAreThoseOfTheServer() {
    BucketSettings defaults = read().storage().bucket();

    assertFalse(defaults.keys().areGiven());
    assertEquals(
        new BucketSettings.Limits(
            Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(20)),
        defaults.limits());
    assertEquals(new BucketSettings.Objects(null, null, null), defaults.objects());
    assertEquals(10L << 30, defaults.cacheBytes());
  }

  @Test
  void theLocalCopiesHaveRoomOrThereAreNone() {
    properties.put("narthex.blob.cache-size", "0");
    assertEquals(0, read().storage().bucket().cacheBytes());

    properties.put("narthex.blob.cache-size", "255MiB");
    SettingsException refused = assertThrows(SettingsException.class, this::read);
    assertTrue(String.valueOf(refused.getMessage()).endsWith("must be 0 or at least 256MiB"));
  }

  @Test
  void keysAreGivenAsTextsOrFilesAndNeverShown() {
    properties.put("narthex.blob.access-key", "AKID");
    properties.put("narthex.blob.secret-key-file", "secret");

    BucketSettings.Keys keys = read().storage().bucket().keys();

    assertTrue(keys.areGiven());
    assertEquals("AKID", keys.accessKey());
    assertEquals(path("work/secret"), keys.secretKeyFile());
    assertEquals("Keys[given=true]", keys.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "access-key, access-key-file, narthex.blob.access-key-file: cannot be given together with",
    "secret-key, secret-key-file, narthex.blob.secret-key-file: cannot be given together with",
    "access-key, access-key, narthex.blob.secret-key: is missing",
    "secret-key-file, secret-key-file, narthex.blob.access-key: is missing"
  })
  void oneOfTheKeysAloneOrTwiceIsRefused(String one, String other, String start) {
    properties.put("narthex.blob." + one, "text");
    properties.put("narthex.blob." + other, "text");

    SettingsException refused = assertThrows(SettingsException.class, this::read);

    String line = String.valueOf(refused.getMessage()).replaceFirst(" \\(system property\\)", "");
    assertTrue(line.startsWith(start), line);
  }
}
