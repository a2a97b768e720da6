package narthex.nix;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Strict reading of external JSON: UTF-8 only, nothing after the value. Trees have at most 64
 * levels and no duplicate keys; they keep the digits of numbers and the order of keys.
 */
public final class StrictJson {
  /** Deepest nesting of a tree. */
  static final int MAX_DEPTH = 64;

  /** Deepest nesting where no tree is built: enough for the listing of the deepest NAR. */
  static final int MAX_STREAM_DEPTH = 2 * NarListing.MAX_DEPTH + 2;

  /**
   * Switches off two caches of Jackson: buffers per thread, which would outlive the web application
   * in the server's threads, and interned keys, with which clients could fill the memory.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /** For documents that are checked but not kept. */
  private static final JsonFactory DEEP =
      FACTORY
          .rebuild()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(MAX_STREAM_DEPTH).build())
          .build();

  private static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private StrictJson() {}

  /**
   * Parses a JSON object.
   *
   * @param what the name of the document for exception messages
   * @throws NixFormatException if the bytes are anything else
   */
  static ObjectNode parseObject(byte[] utf8, String what) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      JsonNode tree = MAPPER.readTree(text);
      if (tree instanceof ObjectNode object) {
        return object;
      }
      throw new NixFormatException(what + " is not a JSON object");
    } catch (CharacterCodingException e) {
      throw new NixFormatException(what + " is not UTF-8");
    } catch (JsonProcessingException e) {
      throw malformed(what, e);
    }
  }

  /**
   * Prints an object as UTF-8 without white space.
   *
   * @throws NixFormatException if a string has an unpaired surrogate
   */
  static byte[] print(ObjectNode object) {
    try {
      String text = MAPPER.writeValueAsString(object);
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[utf8.remaining()];
      utf8.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new NixFormatException("a string has an unpaired surrogate");
    } catch (JsonProcessingException e) {
      throw malformed("a string", e);
    }
  }

  /**
   * Prints an object on one line.
   *
   * @param members texts, numbers and maps of them
   */
  public static String print(Map<String, ?> members) {
    try {
      return MAPPER.writeValueAsString(members);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * Reads a stream to its end and checks that it is one JSON object. Needs little memory for any
   * length, and doesn't detect duplicate keys. Leaves the stream open.
   *
   * @param what the name of the document for exception messages
   * @throws NixFormatException if the stream is anything else
   * @throws IOException if reading fails
   */
  public static void requireObject(InputStream utf8, String what) throws IOException {
    try (JsonParser parser =
        DEEP.createParser(new InputStreamReader(utf8, StandardCharsets.UTF_8.newDecoder()))
            .disable(JsonParser.Feature.AUTO_CLOSE_SOURCE)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new NixFormatException(what + " is not a JSON object");
      }
      parser.skipChildren();
      if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
        throw new NixFormatException(what + " is incomplete or has trailing text");
      }
    } catch (CharacterCodingException e) {
      throw new NixFormatException(what + " is not UTF-8");
    } catch (JsonProcessingException e) {
      throw malformed(what, e);
    }
  }

  private static NixFormatException malformed(String what, JsonProcessingException e) {
    return new NixFormatException(what + " is not JSON: " + e.getOriginalMessage());
  }
}
