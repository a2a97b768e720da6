package narthex.web;

/**
 * A request that has ended.
 *
 * @param kind what it was about
 * @param method the HTTP method, as the client sent it
 * @param status the status of the response
 * @param sentBytes bytes of the body that were sent; what the server sends by sendfile counts as
 *     sent when it begins
 * @param outcome how it was answered; {@link Outcome#NONE} if it wasn't for a narinfo or a NAR
 * @param firstByteNanos time until the first byte of the body was written; {@link #nanos} if none
 *     was, or if the server sends the body
 * @param nanos time until its end
 */
public record FinishedRequest(
    RequestKind kind,
    String method,
    int status,
    long sentBytes,
    Outcome outcome,
    long firstByteNanos,
    long nanos) {}
