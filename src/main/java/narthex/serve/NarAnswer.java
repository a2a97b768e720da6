package narthex.serve;

import java.util.OptionalLong;

/**
 * What a HEAD request learns of a NAR: it is here or can be fetched.
 *
 * @param length of the body in bytes, if known
 * @param entityTag strong entity tag without quotes, empty text if not known
 */
public record NarAnswer(OptionalLong length, String entityTag) {}
