package narthex.blob;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The location of a bucket and of our objects in it.
 *
 * @param bucket name of the bucket
 * @param prefix what the names of all objects begin with; empty, or ends with a slash
 * @param endpoint URL of the S3 server; null for AWS
 * @param region the region; null for the one of the AWS configuration, or {@code us-east-1} if
 *     there is an endpoint
 * @param style how requests name the bucket
 */
public record S3Address(
    String bucket, String prefix, @Nullable URI endpoint, @Nullable String region, Style style) {

  /** How requests name the bucket. */
  public enum Style {
    /** {@code https://<endpoint>/<bucket>/<name>}. */
    PATH,
    /** {@code https://<bucket>.<endpoint>/<name>}. */
    VIRTUAL_HOST
  }

  /**
   * Checks the prefix.
   *
   * @throws IllegalArgumentException if it neither is empty nor ends with a slash
   */
  public S3Address {
    if (!prefix.isEmpty() && !prefix.endsWith("/")) {
      throw new IllegalArgumentException("not a prefix: " + prefix);
    }
  }

  /** The server, for messages. */
  String server() {
    return endpoint == null ? "AWS S3" : endpoint.toString();
  }

  /** The bucket and the server, for messages. */
  String place() {
    return String.format(Locale.ROOT, "bucket %s at %s", bucket, server());
  }
}
