package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import narthex.nix.NarInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathInfoReaderTest {
  private static final String HASH = "0".repeat(31);
  private static final String SRI = "sha256-EFUdrtf6Rn0LWIJufrmg8q99aT3jGfLvd1//zaJEufY=";
  private static final String NIX32 = "1xmr8jicvzszfzpz46g37mlpvbzjl2wpwvl2b05psipssyp1sm8h";
  private static final String SIGNATURE = "key-1:" + "A".repeat(86) + "==";

  private static final String OLD =
      """
      [{"path":"/nix/store/%1$s1-a","narHash":"%2$s","narSize":120,
        "references":["/nix/store/%1$s2-b"],"deriver":"/nix/store/%1$s3-a.drv",
        "ca":"fixed:r:sha256:%3$s","signatures":["%4$s"],"registrationTime":1,"ultimate":true}]
      """;

  private static final String NEW =
      """
      {"/nix/store/%1$s1-a":{"narHash":"%2$s","narSize":120,
        "references":["/nix/store/%1$s2-b"],"deriver":"/nix/store/%1$s3-a.drv",
        "ca":"fixed:r:sha256:%3$s","signatures":["%4$s"],"registrationTime":1,"ultimate":true}}
      """;

  private static final String FORMAT_2 =
      """
      {"version":2,"storeDir":"/nix/store","info":{"%1$s1-a":{"narHash":"%2$s","narSize":120,
        "references":["%1$s2-b"],"deriver":"%1$s3-a.drv","storeDir":"/nix/store","version":2,
        "ca":{"method":"nar","hash":"%2$s"},"registrationTime":null,
        "signatures":[{"keyName":"key-1","sig":"%5$s"}],"ultimate":true}}}
      """;

  private static final String OBJECTS =
      """
      {"/nix/store/%1$s1-a":{"narHash":{"algorithm":"sha256","format":"base64","hash":"%6$s"},
        "narSize":120,"references":["%1$s2-b"],"deriver":"%1$s3-a.drv",
        "ca":{"method":"nar","hash":{"algorithm":"sha256","format":"base64","hash":"%6$s"}},
        "signatures":["%4$s"]}}
      """;

  private static List<PathInfo> read(String json) throws IOException {
    return PathInfoReader.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(strings = {OLD, NEW, FORMAT_2, OBJECTS})
  void everyFormOfNixIsRead(String form) throws IOException {
    String json =
        form.formatted(
            HASH, SRI, NIX32, SIGNATURE, SIGNATURE.substring(6), SRI.substring("sha256-".length()));

    List<PathInfo> infos = read(json);

    PathInfo expected =
        new PathInfo(
            "/nix/store",
            HASH + "1-a",
            NIX32,
            120,
            List.of(HASH + "2-b"),
            HASH + "3-a.drv",
            List.of(SIGNATURE),
            "fixed:r:sha256:" + NIX32);
    assertEquals(List.of(expected), infos);
    NarInfo narInfo = NarInfo.parse(expected.narInfo(List.of()));
    assertEquals(narInfo.fingerprint(), expected.fingerprint());
    assertEquals(expected.ca(), narInfo.ca());
    assertEquals(1, narInfo.signatures().size());
  }

  @Test
  void aPathWithoutReferencesAndDeriverMakesANarInfo() throws IOException {
    String json =
        "[{\"path\":\"/s/%s1-a\",\"narHash\":\"sha256:%s\",\"narSize\":1,\"references\":[]}]"
            .formatted(HASH, NIX32);

    PathInfo info = read(json).get(0);

    NarInfo narInfo = NarInfo.parse(info.narInfo(List.of(SIGNATURE)));
    assertEquals("/s/" + HASH + "1-a", narInfo.storePath().print());
    assertEquals(info.fingerprint(), narInfo.fingerprint());
    assertEquals(SIGNATURE, narInfo.signatures().get(0).print());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"path\":\"/nix/store/x-a\",\"valid\":false}]",
        "{\"/nix/store/x-a\":null}",
        "{\"version\":2,\"info\":{\"x-a\":null}}"
      })
  void aPathThatIsNotValidIsNamed(String json) {
    String message = String.valueOf(assertThrows(IOException.class, () -> read(json)).getMessage());

    assertTrue(message.startsWith("not a valid path of the store: "), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "[1]", "[{}]", "{\"a\":{\"narHash\":\"md5-x\"}}"})
  void anythingElseIsAnError(String json) {
    assertThrows(IOException.class, () -> read(json));
  }

  @Test
  void aClosureIsSortedWithReferencesFirst() {
    Map<String, PathInfo> all = new LinkedHashMap<>();
    int length = 20_000;
    for (int i = length - 1; i >= 0; i--) {
      String name = String.format(Locale.ROOT, "%032d-x", i);
      String before = String.format(Locale.ROOT, "%032d-x", Math.max(0, i - 1));
      String first = String.format(Locale.ROOT, "%032d-x", 0);
      List<String> references = List.of(name, first, before);
      all.put(name, new PathInfo("/s", name, NIX32, 1, references, null, List.of(), null));
    }

    List<PathInfo> sorted = NixStore.sorted(all);

    assertEquals(length, sorted.size());
    assertEquals(
        sorted.stream().map(PathInfo::baseName).sorted().toList(),
        sorted.stream().map(PathInfo::baseName).toList());
  }
}
