package narthex.standalone;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@code nix path-info --json} prints. Its form differs:
 *
 * <ul>
 *   <li>to Nix 2.18: an array of objects with {@code path}; an invalid one has {@code valid: false}
 *   <li>from 2.19: an object with the paths as names; an invalid one is null
 *   <li>format 2 (2.33): the same in {@code info}, with {@code storeDir} beside it, base names for
 *       paths, and objects for hashes, content addresses and signatures
 * </ul>
 */
final class PathInfoReader {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final String DEFAULT_STORE_DIR = "/nix/store";

  private PathInfoReader() {}

  /**
   * Reads all.
   *
   * @throws IOException if a path isn't valid, or the text isn't of this form
   */
  static List<PathInfo> read(InputStream json) throws IOException {
    Object all;
    try (JsonParser parser = FACTORY.createParser(json)) {
      parser.nextToken();
      all = value(parser);
    } catch (JsonProcessingException e) {
      throw new IOException("nix path-info printed no JSON: " + e.getOriginalMessage(), e);
    }
    try {
      return infos(all);
    } catch (RuntimeException unknown) {
      throw new IOException("unknown output of nix path-info: " + unknown.getMessage(), unknown);
    }
  }

  private static List<PathInfo> infos(@Nullable Object all) throws IOException {
    List<PathInfo> infos = new ArrayList<>();
    if (all instanceof List<?> list) {
      for (Object each : list) {
        Map<?, ?> entry = (Map<?, ?>) each;
        infos.add(info(text(entry.get("path")), entry, DEFAULT_STORE_DIR));
      }
      return infos;
    }
    Map<?, ?> map = all instanceof Map<?, ?> object ? object : Map.of();
    Object storeDir = map.get("storeDir");
    Map<?, ?> byPath = map.get("info") instanceof Map<?, ?> nested ? nested : map;
    for (Map.Entry<?, ?> entry : byPath.entrySet()) {
      Map<?, ?> members = entry.getValue() instanceof Map<?, ?> object ? object : Map.of();
      infos.add(
          info(
              text(entry.getKey()),
              members,
              storeDir == null ? DEFAULT_STORE_DIR : text(storeDir)));
    }
    return infos;
  }

  private static PathInfo info(String path, Map<?, ?> entry, String storeDir) throws IOException {
    if (Boolean.FALSE.equals(entry.get("valid")) || entry.get("narHash") == null) {
      throw new IOException("not a valid path of the store: " + path);
    }
    int slash = path.lastIndexOf('/');
    Object deriver = entry.get("deriver");
    Object ca = entry.get("ca");
    return new PathInfo(
        slash < 0 ? storeDir : path.substring(0, slash),
        baseName(path),
        Sha256.parse(hash(entry.get("narHash"))).nix32(),
        number(entry.get("narSize")),
        list(entry.get("references")).stream().map(name -> baseName(text(name))).toList(),
        deriver == null || text(deriver).equals("unknown-deriver") ? null : baseName(text(deriver)),
        list(entry.get("signatures")).stream().map(PathInfoReader::signature).toList(),
        ca == null || ca.equals("") ? null : contentAddress(ca));
  }

  private static String hash(@Nullable Object hash) {
    if (hash instanceof Map<?, ?> parts) {
      return text(parts.get("algorithm")) + ":" + text(parts.get("hash"));
    }
    return text(hash);
  }

  private static String signature(@Nullable Object signature) {
    if (signature instanceof Map<?, ?> parts) {
      return text(parts.get("keyName")) + ":" + text(parts.get("sig"));
    }
    return text(signature);
  }

  private static String contentAddress(Object ca) {
    if (!(ca instanceof Map<?, ?> parts)) {
      return text(ca);
    }
    String method =
        switch (text(parts.get("method"))) {
          case "text" -> "text:";
          case "nar" -> "fixed:r:";
          case "git" -> "fixed:git:";
          default -> "fixed:";
        };
    return method + "sha256:" + Sha256.parse(hash(parts.get("hash"))).nix32();
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }

  private static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new IllegalArgumentException("a number is missing");
  }

  private static String text(@Nullable Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("a text is missing");
  }

  private static String baseName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Reads the value at the present token. */
  private static @Nullable Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, @Nullable Object> members = new LinkedHashMap<>();
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        members.put(name, value(parser));
      }
      return members;
    }
    if (token == JsonToken.START_ARRAY) {
      List<@Nullable Object> elements = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        elements.add(value(parser));
      }
      return elements;
    }
    if (token == JsonToken.VALUE_NUMBER_INT) {
      return parser.getLongValue();
    }
    if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
      return token == JsonToken.VALUE_TRUE;
    }
    return token == JsonToken.VALUE_NULL || token == null ? null : parser.getText();
  }
}
