package narthex.blob;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * A bucket of AWS S3, or of a server that speaks its protocol. Sends each request once; see {@link
 * RetryingBucket}.
 */
final class S3Bucket implements Bucket {
  private static final String WRITE_ID = "narthex-write";
  private static final String CONTENT_TYPE = "application/octet-stream";
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})");

  /**
   * The SDK's own stream would start a thread that never ends, to close streams that are not read.
   */
  private static final ResponseTransformer<GetObjectResponse, Answer> ANSWER =
      ResponseTransformer.unmanaged(Answer::new);

  private static final int LARGEST_PAGE = 1000;
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final int RANGE_NOT_SATISFIABLE = 416;

  private record Answer(GetObjectResponse head, AbortableInputStream body) {}

  private final S3Client client;
  private final S3Address address;
  private final S3Access.Objects objects;

  /**
   * @param client sends each request once; closed with this bucket
   */
  S3Bucket(S3Client client, S3Address address, S3Access.Objects objects) {
    this.client = client;
    this.address = address;
    this.objects = objects;
  }

  @Override
  public Optional<Head> head(String name) throws IOException {
    try {
      HeadObjectResponse found =
          client.headObject(request -> request.bucket(address.bucket()).key(name));
      String writeId = found.metadata().getOrDefault(WRITE_ID, "");
      return Optional.of(new Head(found.contentLength(), writeId));
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        requireBucket();
        return Optional.empty();
      }
      throw failure(e, "HeadObject " + name);
    } catch (SdkException e) {
      throw failure(e, "HeadObject " + name);
    }
  }

  /** Throws if there is no bucket: no object is lost then. The answer to HEAD doesn't say it. */
  private void requireBucket() throws IOException {
    send("HeadBucket", () -> client.headBucket(request -> request.bucket(address.bucket())));
  }

  @Override
  public OpenRange get(String name, long from, long most) throws IOException {
    String range = String.format(Locale.ROOT, "bytes=%d-%d", from, from + most - 1);
    Answer answer;
    try {
      answer =
          client.getObject(
              request -> request.bucket(address.bucket()).key(name).range(range), ANSWER);
    } catch (S3Exception e) {
      if (S3Failures.code(e).equals("NoSuchKey")) {
        throw new BlobLostException(name, "no such object");
      }
      if (e.statusCode() == RANGE_NOT_SATISFIABLE) {
        throw new BlobLostException(name, "shorter than " + (from + 1) + " bytes");
      }
      throw failure(e, "GetObject " + name);
    } catch (SdkException e) {
      throw failure(e, "GetObject " + name);
    }
    long length = answer.head().contentLength();
    long total = total(answer.head().contentRange(), from);
    if (length != Math.min(most, total - from)) {
      answer.body().abort();
      throw new IOException(
          "GetObject " + name + " answered another range (" + address.place() + ")");
    }
    return new OpenRange(new BodyInputStream(answer.body(), length), length, total);
  }

  /** The length of the object, or -1 if the answer isn't the range that begins there. */
  private static long total(@Nullable String contentRange, long from) {
    Matcher matcher = CONTENT_RANGE.matcher(contentRange == null ? "" : contentRange);
    return matcher.matches() && Long.parseLong(group(matcher, 1)) == from
        ? Long.parseLong(group(matcher, 2))
        : -1;
  }

  private static String group(Matcher matcher, int number) {
    return Objects.requireNonNull(matcher.group(number));
  }

  @Override
  public void put(String name, String writeId, FileRange bytes, Existing existing)
      throws IOException {
    String md5 = bytes.md5();
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(address.bucket())
            .key(name)
            .contentMD5(md5)
            .contentType(CONTENT_TYPE)
            .metadata(Map.of(WRITE_ID, writeId))
            .serverSideEncryption(objects.encryption())
            .ssekmsKeyId(objects.kmsKey())
            .storageClass(objects.storageClass());
    if (existing == Existing.REFUSED) {
      request.ifNoneMatch("*");
    }
    try {
      client.putObject(request.build(), body(bytes));
    } catch (S3Exception e) {
      if (e.statusCode() == PRECONDITION_FAILED) {
        throw new FileAlreadyExistsException(name);
      }
      throw failure(e, "PutObject " + name);
    } catch (SdkException e) {
      throw failure(e, "PutObject " + name);
    }
  }

  @Override
  public String beginParts(String name, String writeId) throws IOException {
    String request = "CreateMultipartUpload " + name;
    CreateMultipartUploadResponse begun =
        send(
            request,
            () ->
                client.createMultipartUpload(
                    upload ->
                        upload
                            .bucket(address.bucket())
                            .key(name)
                            .contentType(CONTENT_TYPE)
                            .metadata(Map.of(WRITE_ID, writeId))
                            .serverSideEncryption(objects.encryption())
                            .ssekmsKeyId(objects.kmsKey())
                            .storageClass(objects.storageClass())));
    return complete(begun.uploadId(), request);
  }

  @Override
  public String putPart(String name, String uploadId, int number, FileRange bytes)
      throws IOException {
    String md5 = bytes.md5();
    String request = "UploadPart " + name;
    UploadPartResponse uploaded =
        send(
            request,
            () ->
                client.uploadPart(
                    part ->
                        part.bucket(address.bucket())
                            .key(name)
                            .uploadId(uploadId)
                            .partNumber(number)
                            .contentMD5(md5),
                    body(bytes)));
    return complete(uploaded.eTag(), request);
  }

  @Override
  public void completeParts(String name, String uploadId, List<String> tags) throws IOException {
    List<CompletedPart> parts = new ArrayList<>();
    for (String tag : tags) {
      parts.add(CompletedPart.builder().partNumber(parts.size() + 1).eTag(tag).build());
    }
    String request = "CompleteMultipartUpload " + name;
    CompleteMultipartUploadResponse completed =
        send(
            request,
            () ->
                client.completeMultipartUpload(
                    upload ->
                        upload
                            .bucket(address.bucket())
                            .key(name)
                            .uploadId(uploadId)
                            .multipartUpload(all -> all.parts(parts))));
    complete(completed.eTag(), request);
  }

  @Override
  public void abortParts(String name, String uploadId) throws IOException {
    send(
        "AbortMultipartUpload " + name,
        () ->
            client.abortMultipartUpload(
                request -> request.bucket(address.bucket()).key(name).uploadId(uploadId)));
  }

  @Override
  public void delete(String name) throws IOException {
    send(
        "DeleteObject " + name,
        () -> client.deleteObject(request -> request.bucket(address.bucket()).key(name)));
  }

  @Override
  public Page list(String prefix, String after, int most) throws IOException {
    String request = "ListObjectsV2 " + prefix;
    ListObjectsV2Response listed =
        send(
            request,
            () ->
                client.listObjectsV2(
                    page ->
                        page.bucket(address.bucket())
                            .prefix(prefix)
                            .startAfter(after)
                            .maxKeys(Math.min(most, LARGEST_PAGE))));
    List<ListedBlob> page =
        listed.contents().stream()
            .map(object -> new ListedBlob(object.key(), object.size(), object.lastModified()))
            .toList();
    boolean isLast = !complete(listed.isTruncated(), request) || page.isEmpty();
    return new Page(page, isLast ? Optional.empty() : Optional.of(page.get(page.size() - 1).key()));
  }

  @Override
  public void close() {
    client.close();
  }

  /** A value that every complete answer has. */
  private <T> T complete(@Nullable T value, String request) throws IOException {
    if (value == null) {
      throw S3Failures.incomplete(request, address.place());
    }
    return value;
  }

  private <T> T send(String name, Supplier<T> request) throws IOException {
    try {
      return request.get();
    } catch (SdkException e) {
      throw failure(e, name);
    }
  }

  private IOException failure(SdkException failure, String request) {
    return S3Failures.of(failure, request, address.place());
  }

  private static RequestBody body(FileRange bytes) {
    ContentStreamProvider content =
        () -> {
          try {
            return bytes.open();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    return RequestBody.fromContentProvider(content, bytes.length(), CONTENT_TYPE);
  }

  /** The body of an answer. Closing it early ends the connection, as the rest may be long. */
  private static final class BodyInputStream extends BlobInputStream {
    private final AbortableInputStream body;
    private long left;

    BodyInputStream(AbortableInputStream body, long length) {
      this.body = body;
      this.left = length;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        int count = body.read(bytes, offset, length);
        left -= Math.max(count, 0);
        return count;
      } catch (SdkException e) {
        throw new IOException("reading the answer failed", e);
      }
    }

    @Override
    public void close() throws IOException {
      if (left > 0) {
        body.abort();
      } else {
        body.close();
      }
    }
  }
}
