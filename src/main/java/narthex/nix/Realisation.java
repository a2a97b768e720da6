package narthex.nix;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import narthex.nix.DocumentName.Kind;

/**
 * A build trace entry: a signed claim that building an output of a derivation gave a certain store
 * path. Nix up to 2.34 calls it a realisation and keeps it in {@code realisations/}; Nix 2.35 and
 * later use {@code build-trace-v2/}. This class reads and signs both forms. Immutable.
 *
 * <p>Keeps fields that Nix doesn't know; signatures don't cover them. Source: Nix, {@code
 * src/libstore/realisation.cc}.
 */
public final class Realisation {
  /** Longest accepted document, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  private static final String SIGNATURES = "signatures";
  private static final String OUT_PATH = "outPath";
  private static final String DEPENDENT = "dependentRealisations";
  private static final String KEY_NAME = "keyName";
  private static final String SIG = "sig";

  private final DocumentName name;
  private final ObjectNode json; // never changed
  private final List<String> fingerprints;
  private final List<Signature> signatures;

  private Realisation(
      DocumentName name, ObjectNode json, List<String> fingerprints, List<Signature> signatures) {
    this.name = name;
    this.json = json;
    this.fingerprints = List.copyOf(fingerprints);
    this.signatures = List.copyOf(signatures);
  }

  /**
   * Parses a document.
   *
   * @param name the document's name, of kind REALISATION or BUILD_TRACE
   * @throws NixFormatException if the document is longer than {@link #MAX_BYTES}, malformed, or
   *     describes another output than its name
   * @throws IllegalArgumentException if the name is of another kind
   */
  public static Realisation parse(DocumentName name, byte[] utf8) {
    if (utf8.length > MAX_BYTES) {
      throw new NixFormatException("the realisation exceeds " + MAX_BYTES + " bytes");
    }
    ObjectNode json = StrictJson.parseObject(utf8, "the realisation");
    StrictJson.print(json); // refuse unpaired surrogates now, not when it is served
    String outPath = text(json, OUT_PATH);
    if (!StorePath.isBaseName(outPath)) {
      throw new NixFormatException("outPath is not the base name of a store path: " + outPath);
    }
    List<String> fingerprints =
        switch (name.kind()) {
          case REALISATION -> oldFingerprints(name, json, outPath);
          case BUILD_TRACE -> List.of(fingerprint(name, json, outPath));
          default -> throw new IllegalArgumentException(name + " is not a realisation");
        };
    return new Realisation(name, json, fingerprints, signatures(json));
  }

  /** The texts that signatures may cover; the one that most clients check comes first. */
  List<String> fingerprints() {
    return fingerprints;
  }

  /** Whether both make the same claim; signatures don't matter. */
  public boolean saysTheSameAs(Realisation other) {
    return fingerprints.equals(other.fingerprints);
  }

  /** The signatures in their original order. */
  public List<Signature> signatures() {
    return signatures;
  }

  /** Whether at least one signature is valid for one of these keys. */
  public boolean isSignedBy(List<PublicKey> keys) {
    return signatures.stream()
        .anyMatch(
            signature ->
                keys.stream()
                    .anyMatch(
                        key -> fingerprints.stream().anyMatch(it -> key.verify(it, signature))));
  }

  /**
   * Prints the document as UTF-8 JSON with signatures by these keys. Signatures by other key names
   * come first, unchanged; signatures by these key names are replaced. New signatures have the
   * form, object or string, of the given ones.
   */
  public byte[] printSigned(List<SecretKey> keys) {
    Set<String> ours = new HashSet<>();
    keys.forEach(key -> ours.add(key.publicKey().name()));
    ObjectNode signed = json.deepCopy();
    ArrayNode array = signed.putArray(SIGNATURES);
    boolean objects = name.kind() == Kind.BUILD_TRACE;
    JsonNode given = json.get(SIGNATURES);
    if (given instanceof ArrayNode elements) {
      for (int i = 0; i < elements.size(); i++) {
        objects = elements.get(i).isObject();
        if (!ours.contains(signatures.get(i).keyName())) {
          array.add(elements.get(i));
        }
      }
    }
    for (SecretKey key : keys) {
      for (String fingerprint : fingerprints) {
        add(array, key.sign(fingerprint), objects);
      }
    }
    return StrictJson.print(signed);
  }

  private static void add(ArrayNode array, Signature signature, boolean object) {
    if (object) {
      array
          .addObject()
          .put(KEY_NAME, signature.keyName())
          .put(SIG, Base64.getEncoder().encodeToString(signature.rawBytes()));
    } else {
      array.add(signature.print());
    }
  }

  /**
   * The fingerprints of Nix up to 2.34: one with the dependent realisations, and one without, since
   * later clients of these ignore them. The parts are validated, so JSON needs no escapes.
   */
  private static List<String> oldFingerprints(DocumentName name, ObjectNode json, String outPath) {
    String id = name.subject() + '!' + name.output();
    if (!text(json, "id").equals(id)) {
      throw new NixFormatException("the realisation of %s has another id".formatted(id));
    }
    String rest = ",\"id\":\"" + id + "\",\"outPath\":\"" + outPath + "\"}";
    Map<String, String> dependent = dependent(json);
    List<String> fingerprints = new ArrayList<>();
    List<String> printed = new ArrayList<>();
    dependent.forEach((key, path) -> printed.add("\"" + key + "\":\"" + path + "\""));
    fingerprints.add("{\"" + DEPENDENT + "\":{" + String.join(",", printed) + "}" + rest);
    if (!dependent.isEmpty()) {
      fingerprints.add("{\"" + DEPENDENT + "\":{}" + rest);
    }
    return fingerprints;
  }

  private static Map<String, String> dependent(ObjectNode json) {
    Map<String, String> dependent = new TreeMap<>();
    JsonNode given = json.get(DEPENDENT);
    if (given == null) {
      return dependent;
    }
    if (!given.isObject()) {
      throw new NixFormatException(DEPENDENT + " is not an object");
    }
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      String id = entry.getKey();
      int at = id.indexOf('!');
      String path = entry.getValue().isTextual() ? entry.getValue().textValue() : "";
      if (at < 0 || !StorePath.isBaseName(path)) {
        throw new NixFormatException(DEPENDENT + " is malformed at '" + id + "'");
      }
      new DocumentName(Kind.REALISATION, id.substring(0, at), id.substring(at + 1)); // validates
      dependent.put(id, path);
    }
    return dependent;
  }

  /** The fingerprint of Nix 2.35 and later. The document may omit its key. */
  private static String fingerprint(DocumentName name, ObjectNode json, String outPath) {
    JsonNode key = json.get("key");
    if (key != null
        && !(name.subject().equals(key.path("drvPath").textValue())
            && name.output().equals(key.path("outputName").textValue()))) {
      throw new NixFormatException("the build trace of %s has another key".formatted(name));
    }
    return "{\"key\":{\"drvPath\":\"%s\",\"outputName\":\"%s\"},\"value\":{\"outPath\":\"%s\"}}"
        .formatted(name.subject(), name.output(), outPath);
  }

  private static List<Signature> signatures(ObjectNode json) {
    JsonNode given = json.get(SIGNATURES);
    List<Signature> signatures = new ArrayList<>();
    if (given == null) {
      return signatures;
    }
    if (!given.isArray()) {
      throw new NixFormatException(SIGNATURES + " is not an array");
    }
    for (JsonNode element : given) {
      signatures.add(
          Signature.parse(
              element.isObject()
                  ? text(element, KEY_NAME) + ':' + text(element, SIG)
                  : String.valueOf(element.textValue())));
    }
    return signatures;
  }

  private static String text(JsonNode object, String field) {
    JsonNode value = object.get(field);
    if (value == null || !value.isTextual()) {
      throw new NixFormatException("the realisation has no string " + field);
    }
    return value.textValue();
  }
}
