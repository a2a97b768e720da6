package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import narthex.testing.FakeS3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The blob stores that a migration can copy to. */
class BlobTargetsTest {
  @TempDir Path folder;

  private BlobTargets targets(Map<String, String> more) {
    Path data = folder.resolve("data").toAbsolutePath();
    Map<String, String> named = new HashMap<>(more);
    named.put("narthex.data-dir", data.toString());
    named.put("narthex.blob.url", data.resolve("blobs").toString());
    return new BlobTargets(
        Settings.read(
                new SettingsSources(
                    named, Map.of(), folder, folder.resolve("etc"), "x", ContextSources.ROOT))
            .storage());
  }

  private static String url(FakeS3 server) {
    return "s3://" + FakeS3.BUCKET + "/to?endpoint=" + server.url();
  }

  private static void assertWritable(BlobStore store) throws IOException {
    try (BlobSink sink = store.create("pack/x")) {
      sink.write(new byte[3], 0, 3);
      sink.commit();
    }
    assertEquals(OptionalLong.of(3), store.find("pack/x"));
  }

  @Test
  void aDirectoryIsATarget() throws IOException {
    String url = folder.resolve("other").toUri().toString();
    try (BlobStore store = targets(Map.of()).parse(url, null).open()) {
      assertWritable(store);
    }
  }

  @Test
  void theKeysOfABucketAreInAFile() throws IOException {
    Path keys = folder.resolve("keys");
    Files.writeString(keys, "access-key=" + FakeS3.ACCESS_KEY + "\nsecret-key=secret\n");
    try (FakeS3 server = FakeS3.start();
        BlobStore store = targets(Map.of()).parse(url(server), keys.toString()).open()) {
      assertWritable(store);
    }
  }

  @Test
  void theKeysOfABucketMayBeThoseOfTheSettings() throws IOException {
    Map<String, String> keys =
        Map.of("narthex.blob.access-key", FakeS3.ACCESS_KEY, "narthex.blob.secret-key", "secret");
    try (FakeS3 server = FakeS3.start();
        BlobStore store = targets(keys).parse(url(server), null).open()) {
      assertWritable(store);
    }
  }

  @Test
  void aFileWithoutKeysIsNamedAndNotQuoted() throws IOException {
    Path file = folder.resolve("keys");
    Files.writeString(file, "secret-key=hidden\n");
    try (FakeS3 server = FakeS3.start()) {
      IOException refused =
          assertThrows(
              IOException.class,
              () -> targets(Map.of()).parse(url(server), file.toString()).open());
      String line = String.valueOf(refused.getMessage());
      assertTrue(line.contains(file.toString()), line);
      assertFalse(line.contains("hidden"), line);
    }
  }

  @Test
  void thePresentStoreAndSecretsInAUrlAreRefused() {
    String present = folder.resolve("data").resolve("blobs").toUri().toString();
    for (String url :
        new String[] {
          present, "relative/path", "s3://bucket?secret-key=hidden", "s3://key:hidden@bucket/"
        }) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> targets(Map.of()).parse(url, null), url);
      assertFalse(String.valueOf(refused.getMessage()).contains("hidden"));
    }
  }
}
