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

/**
 * JSON from outside: UTF-8 only, nothing behind the value; where a tree is made, at most 64 levels
 * deep and no key twice in an object. Numbers keep their digits, keys their order.
 */
public final class StrictJson {
  /** How deep objects and arrays may lie in each other in a tree. */
  static final int MAX_DEPTH = 64;

  /** The same where they are only read: room for the listing of the deepest NAR. */
  static final int MAX_STREAM_DEPTH = 2 * NarListing.MAX_DEPTH + 2;

  /**
   * Jackson keeps buffers for each thread and strings for ever unless told otherwise: threads are
   * the server's, and keys are anybody's.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /** For what is read and not kept: a listing of a NAR lies as deep as that does. */
  private static final JsonFactory DEEP =
      FACTORY
          .rebuild()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(2 * NarListing.MAX_DEPTH + 2).build())
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
   * Parses an object.
   *
   * @param what the name of the thing in the exception's message
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
   * The bytes of an object, without white space.
   *
   * @throws NixFormatException if a text in it is no text: half a character
   */
  static byte[] print(ObjectNode object) {
    try {
      String text = MAPPER.writeValueAsString(object);
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[utf8.remaining()];
      utf8.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new NixFormatException("half a character stands in a text");
    } catch (JsonProcessingException e) {
      throw malformed("a text", e);
    }
  }

  /**
   * Reads a stream to its end and checks that it is one JSON object, in little memory whatever its
   * length; keys are not looked at. Leaves the stream open.
   *
   * @param what the name of the thing in the exception's message
   * @throws NixFormatException if it is anything else
   * @throws IOException if the stream fails
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
        throw new NixFormatException(what + " is not one JSON object");
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
