package narthex.upstream;

/**
 * How an upstream fares, for people.
 *
 * @param base its base URL, without credentials
 * @param text such as {@code up} or {@code left alone until …: Connection refused}
 */
public record UpstreamState(String base, String text) {}
