package narthex.blob;

import java.io.IOException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes the clients of the AWS SDK. */
final class S3Clients {
  private S3Clients() {}

  /**
   * Opens a bucket without a request to it; the caller closes it.
   *
   * @throws IOException if no region or no credentials can be found
   */
  static S3Bucket open(S3Address address, S3Access access) throws IOException {
    AwsCredentialsProvider credentials = credentials(access);
    S3ClientBuilder builder =
        S3Client.builder()
            .region(region(address))
            .credentialsProvider(credentials)
            .forcePathStyle(address.style() == S3Address.Style.PATH)
            // Many servers know neither chunked signatures nor the checksums that came later.
            .serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(access.limits().connect())
                    .socketTimeout(access.limits().read()));
    if (address.endpoint() != null) {
      builder.endpointOverride(address.endpoint());
    }
    return new S3Bucket(builder.build(), address, access.objects());
  }

  private static Region region(S3Address address) throws IOException {
    if (address.region() != null) {
      return Region.of(address.region());
    }
    if (address.endpoint() != null) {
      return Region.US_EAST_1;
    }
    try {
      return DefaultAwsRegionProviderChain.builder().build().getRegion();
    } catch (SdkClientException e) {
      throw new IOException("no region is configured; give the URL a parameter region", e);
    }
  }

  private static AwsCredentialsProvider credentials(S3Access access) throws IOException {
    S3Access.Keys keys = access.keys();
    if (keys != null) {
      return StaticCredentialsProvider.create(
          AwsBasicCredentials.create(keys.accessKey(), keys.secretKey()));
    }
    DefaultCredentialsProvider provider = DefaultCredentialsProvider.builder().build();
    try {
      provider.resolveCredentials();
      return provider;
    } catch (SdkClientException e) {
      provider.close();
      throw new IOException(
          "no credentials found: neither an access key in the settings nor AWS environment"
              + " variables, profile or role",
          e);
    }
  }
}
