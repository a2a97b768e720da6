package narthex.blob;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a bucket is used.
 *
 * @param keys the access key; null for the credentials of the AWS configuration
 * @param limits time-outs
 * @param objects properties of new objects
 */
public record S3Access(@Nullable Keys keys, Limits limits, Objects objects) {

  /**
   * An access key; {@link #toString} shows no secret.
   *
   * @param accessKey id of the key
   * @param secretKey the secret
   */
  public record Keys(String accessKey, String secretKey) {
    @Override
    public String toString() {
      return "Keys[" + accessKey + "]";
    }
  }

  /**
   * Time-outs.
   *
   * @param connect longest wait for a connection
   * @param read longest silence of the server during a request
   * @param retryWithin how long a failed request is tried again
   */
  public record Limits(Duration connect, Duration read, Duration retryWithin) {}

  /**
   * Properties of new objects.
   *
   * @param encryption server-side encryption such as {@code AES256} or {@code aws:kms}; null for
   *     the default of the bucket
   * @param kmsKey the KMS key; null for the default one
   * @param storageClass storage class such as {@code STANDARD_IA}; null for the default of the
   *     server
   */
  public record Objects(
      @Nullable String encryption, @Nullable String kmsKey, @Nullable String storageClass) {}
}
