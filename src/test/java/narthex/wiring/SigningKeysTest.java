package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import narthex.nix.SecretKey;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeysTest {
  private static final String HOSTNAME = "cache.example.org";
  @TempDir Path root;

  @Test
  void theDefaultKeyIsMadeOnceForItsOwnerOnlyAndKept() throws IOException {
    Path file = root.resolve("state/keys/secret.key");

    String made = onlyKey(load(true, file)).print();

    assertTrue(made.startsWith(HOSTNAME + "-1:"), "the name");
    assertEquals(made + "\n", Files.readString(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(made, onlyKey(load(true, file)).print());
    assertEquals(
        made,
        onlyKey(SigningKeys.load(new Settings.Signing(List.of(file), true, "renamed-1"))).print());
    assertEquals(List.of("secret.key"), names(file));
  }

  @Test
  void aHalfMadeKeyOfAKilledStartIsNeverRead() throws IOException {
    Path file = root.resolve("secret.key");
    Files.writeString(root.resolve("secret.key.new"), "half:AAAA");

    String made = onlyKey(load(true, file)).print();

    assertEquals(made + "\n", Files.readString(file));
  }

  @Test
  void severalFilesGiveTheirKeysInOrder() throws IOException {
    SecretKey first = SecretKey.generate("first-1", new SecureRandom());
    SecretKey second = SecretKey.generate("second-2", new SecureRandom());
    Path one = Files.writeString(root.resolve("one"), first.print());
    Path two = Files.writeString(root.resolve("two"), "\n " + second.print() + " \r\n");

    List<SecretKey> keys = load(false, two, one);

    assertEquals(
        List.of(second.print(), first.print()), keys.stream().map(SecretKey::print).toList());
  }

  @Test
  void aMissingFileThatIsNotTheDefaultOneIsRefusedAndNotMade() {
    Path file = root.resolve("secret.key");

    SettingsException refused = assertThrows(SettingsException.class, () -> load(false, file));

    assertTrue(String.valueOf(refused.getMessage()).contains("secret.key"), "names the file");
    assertFalse(Files.exists(file));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "name",
        "name:",
        "name:AAAA",
        ":AAAA",
        "name:!!!!",
        "one:AAAA\ntwo:AAAA"
      })
  void aFileThatHoldsNoKeyIsRefusedAndLeftAsItIs(String text) throws IOException {
    Path file = Files.writeString(root.resolve("secret.key"), text);

    assertThrows(SettingsException.class, () -> load(true, file));

    assertEquals(text, Files.readString(file));
  }

  @Test
  void theRefusalOfADamagedKeyDoesNotShowIt() throws IOException {
    String secret = SecretKey.generate("name-1", new SecureRandom()).print();
    Path file = Files.writeString(root.resolve("secret.key"), secret + "AAAA");

    SettingsException refused = assertThrows(SettingsException.class, () -> load(true, file));

    String half = secret.substring(secret.indexOf(':') + 1).substring(0, 16);
    assertFalse(String.valueOf(refused.getMessage()).contains(half), "the secret is shown");
  }

  @Test
  void aBinaryFileIsRefused() throws IOException {
    Path file = Files.write(root.resolve("secret.key"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

    assertThrows(SettingsException.class, () -> load(true, file));
  }

  @Test
  void startsAtTheSameTimeEndUpWithOneKey() throws Exception {
    Path file = root.resolve("secret.key");
    int starts = 8;
    CyclicBarrier together = new CyclicBarrier(starts);
    ExecutorService threads = Executors.newFixedThreadPool(starts);
    try {
      Callable<String> start =
          () -> {
            together.await();
            return onlyKey(load(true, file)).print();
          };
      List<Future<String>> all = new ArrayList<>();
      for (int i = 0; i < starts; i++) {
        all.add(threads.submit(start));
      }
      Set<String> keys = new HashSet<>();
      for (Future<String> one : all) {
        keys.add(one.get());
      }

      assertEquals(Set.of(Files.readString(file).strip()), keys);
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<SecretKey> load(boolean createMissing, Path... files) {
    return SigningKeys.load(settings(createMissing, files));
  }

  private static Settings.Signing settings(boolean createMissing, Path... files) {
    return new Settings.Signing(List.of(files), createMissing, HOSTNAME + "-1");
  }

  private static SecretKey onlyKey(List<SecretKey> keys) {
    assertEquals(1, keys.size());
    return keys.get(0);
  }

  private static List<String> names(Path file) throws IOException {
    try (Stream<Path> entries = Files.list(file.resolveSibling("."))) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
