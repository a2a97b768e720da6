package narthex.upstream;

/**
 * The state of an upstream as shown to users.
 *
 * @param base the base URL without credentials
 * @param text a description such as {@code up} or {@code suspended until …: Connection refused}
 */
public record UpstreamState(String base, String text) {}
