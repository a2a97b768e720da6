package narthex.serve;

import java.util.OptionalLong;

/**
 * The answer to a HEAD request for a NAR that is stored or can be fetched.
 *
 * @param length of the body in bytes, if known
 * @param entityTag strong entity tag without quotes, empty text if not known
 */
public record NarAnswer(OptionalLong length, String entityTag) {
  /** Returns what a source says. */
  static NarAnswer of(NarSource source) {
    return new NarAnswer(source.length(), source.entityTag().orElse(""));
  }
}
