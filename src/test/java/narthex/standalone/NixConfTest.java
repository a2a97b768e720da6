package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NixConfTest {
  private static String withA(String text) {
    return NixConf.parse(text).withWord("substituters", "http://a").print();
  }

  @Test
  void aWordIsAddedToTheExtraLineOrAsOne() {
    assertEquals("extra-substituters = http://a\n", withA(""));
    assertEquals(
        "# mine\nsubstituters = http://b\nextra-substituters = http://a\n",
        withA("# mine\nsubstituters = http://b"));
    assertEquals(
        "extra-substituters = http://b http://a\nmax-jobs = 2\n",
        withA("extra-substituters = http://b # near\nmax-jobs = 2\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "substituters = http://b http://a\n",
        "  extra-substituters=http://a http://b  # both\n",
        "extra-substituters = http://a\nextra-substituters = http://b\n",
        "binary-caches = http://b http://a\n",
        "substituters = http://b\nextra-binary-caches = http://a\n"
      })
  void aWordThatIsThereChangesNothing(String text) {
    assertEquals(text, withA(text));
  }

  @Test
  void aLineThatNixForgetsIsNotChanged() {
    String other = "substituters = http://b\n";

    for (String word : new String[] {"http://a", "http://c"}) {
      String forgotten = "extra-substituters = " + word + "\n" + other;
      assertEquals(forgotten + "extra-substituters = http://a\n", withA(forgotten));
    }
    assertEquals(
        other + "extra-substituters = http://c http://a\n",
        withA(other + "extra-substituters = http://c\n"));
  }

  @Test
  void aWordInACommentOrAnotherSettingIsNotThere() {
    String text = "#substituters = http://a\ntrusted-substituters = http://a\n";

    assertEquals(text + "extra-substituters = http://a\n", withA(text));
  }

  @Test
  void anOldNameOfASettingIsTheSetting() {
    assertEquals(
        "extra-binary-caches = http://b http://a\n", withA("extra-binary-caches = http://b\n"));
    String voided = "extra-substituters = http://a\nbinary-caches = http://b\n";
    assertEquals(voided + "extra-substituters = http://a\n", withA(voided));
    String keys = "binary-cache-public-keys = k:1=\n";
    NixConf conf = NixConf.parse(keys);
    assertEquals(conf, conf.withWord("trusted-public-keys", "k:1="));
  }

  private static NixConf in(Path folder, String text) throws IOException {
    return NixConf.parse(text, folder.resolve("nix.conf"));
  }

  @Test
  void whatAnIncludedFileSaysIsThere(@TempDir Path folder) throws IOException {
    Files.createDirectory(folder.resolve("more"));
    Files.writeString(folder.resolve("more/a.conf"), "!include b.conf # nested\n");
    Files.writeString(
        folder.resolve("more/b.conf"), "extra-substituters = http://a\nnetrc-file = /n\n");

    NixConf conf = in(folder, "include more/a.conf\n!include missing\n");

    assertEquals(conf, conf.withWord("substituters", "http://a"));
    assertEquals(Optional.of("/n"), conf.find("netrc-file"));
    assertEquals(
        "include more/a.conf\n!include missing\nextra-substituters = http://b\n",
        conf.withWord("substituters", "http://b").print());
  }

  @Test
  void anIncludedLineVoidsThoseBeforeIt(@TempDir Path folder) throws IOException {
    Path other = Files.writeString(folder.resolve("other"), "substituters = http://b\n");
    String include = "!include " + other + "\n";

    String before = "extra-substituters = http://a\n" + include;
    assertEquals(
        before + "extra-substituters = http://a\n",
        in(folder, before).withWord("substituters", "http://a").print());
    assertEquals(
        include + "extra-substituters = http://c http://a\n",
        in(folder, include + "extra-substituters = http://c\n")
            .withWord("substituters", "http://a")
            .print());
  }

  @Test
  void aFileThatIncludesItselfIsAnError(@TempDir Path folder) throws IOException {
    String text = "include nix.conf\n";
    Files.writeString(folder.resolve("nix.conf"), text);

    assertThrows(IOException.class, () -> in(folder, text));
  }

  @Test
  void aValueIsSetOnlyOnce() {
    NixConf conf = NixConf.parse("netrc-file = /a\nnetrc-file = /b # last\n");

    assertEquals(Optional.of("/b"), conf.find("netrc-file"));
    assertEquals(conf, conf.withDefault("netrc-file", "/c"));
    assertEquals("x = 1\n", NixConf.parse("").withDefault("x", "1").print());
  }

  @Test
  void aTokenIsAddedToANetrcFileOrReplaced() throws IOException {
    String other = "machine b login x password y\n";

    assertEquals("machine a password t\n", NetrcLines.with("", "a", "t"));
    assertEquals(other + "machine a password t\n", NetrcLines.with(other, "a", "t"));
    assertEquals(
        "machine a password t\n" + other,
        NetrcLines.with("machine a login z password old\n" + other, "a", "t"));
    assertEquals(
        other + "machine a password t\ndefault password d\n",
        NetrcLines.with(other + "default password d\n", "a", "t"));
    String there = "machine  a login n password t\n" + other;
    assertEquals(there, NetrcLines.with(there, "a", "t"));
  }

  @Test
  void aNetrcEntryOfSeveralLinesIsLeftToTheUser() {
    assertThrows(
        IOException.class, () -> NetrcLines.with("machine a\n  login b\n  password c\n", "a", "t"));
  }
}
