package narthex.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server on the loopback address with one bucket in memory, which fails as a test wants it.
 * Supports only what a blob store needs, checks the access key but no signatures. The contract test
 * of blob stores passes with it as with a real server. Thread-safe.
 */
public final class FakeS3 implements AutoCloseable {
  /** Name of the bucket. */
  public static final String BUCKET = "blobs";

  /** Access key that the server knows. */
  public static final String ACCESS_KEY = "FAKEACCESSKEY";

  private static final String XML = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  private static final String WRITE_ID = "x-amz-meta-narthex-write";
  private static final int THREADS = 16;

  static {
    // Otherwise each answer takes 40 ms.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private record Stored(byte[] bytes, String writeId, Map<String, String> headers, Instant at) {}

  private record Upload(Stored empty, NavigableMap<Integer, byte[]> parts) {}

  /** What happens to a request. */
  public enum Trouble {
    NONE,
    /** Answers 503 SlowDown, and does nothing. */
    BUSY,
    /** Closes the connection, and does nothing. */
    CUT,
    /** Does what is asked, and closes the connection without an answer. */
    ANSWER_LOST,
    /** Sends the first half of the body, and closes the connection. */
    BODY_CUT,
    /** Refuses the request for lack of permission. */
    DENIED,
    /** Answers that it doesn't know conditional writes. */
    NOT_IMPLEMENTED,
    /** Answers that the bucket doesn't exist. */
    NO_BUCKET
  }

  /**
   * A request.
   *
   * @param operation as S3 names it, such as {@code GetObject}
   * @param name name of the object; empty for the bucket
   * @param headers by lower-case name
   */
  public record Request(String operation, String name, Map<String, String> headers) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final NavigableMap<String, Stored> objects = new ConcurrentSkipListMap<>();
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private volatile Function<Request, Trouble> troubles = request -> Trouble.NONE;

  private FakeS3() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Starts a server on a free port. */
  public static FakeS3 start() {
    try {
      return new FakeS3();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The URL without a slash at the end. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Asks this function about every further request. */
  public void trouble(Function<Request, Trouble> function) {
    troubles = function;
  }

  /** The requests since the start or the last clear, in the order of arrival. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** Number of requests for this operation. */
  public long count(String operation) {
    return requests.stream().filter(request -> request.operation().equals(operation)).count();
  }

  /** Forgets the requests. */
  public void clearRequests() {
    requests.clear();
  }

  /** The names of all objects. */
  public Set<String> names() {
    return Set.copyOf(objects.keySet());
  }

  /** Length of all objects together. */
  public long bytes() {
    return objects.values().stream().mapToLong(stored -> stored.bytes().length).sum();
  }

  /** Headers of the request that wrote an object, by lower-case name. */
  public Map<String, String> headersOf(String name) {
    Stored stored = objects.get(name);
    return stored == null ? Map.of() : stored.headers();
  }

  /** Number of uploads in parts that are neither completed nor discarded. */
  public int openUploads() {
    return uploads.size();
  }

  /** Stores an object. */
  public void put(String name, byte[] bytes) {
    objects.put(name, new Stored(bytes, "", Map.of(), Instant.now()));
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      Map<String, String> query = query(exchange);
      String path = exchange.getRequestURI().getPath().substring(1);
      int slash = path.indexOf('/');
      String bucket = slash < 0 ? path : path.substring(0, slash);
      String name = slash < 0 ? "" : path.substring(slash + 1);
      Map<String, String> headers = headers(exchange);
      Request request =
          new Request(operation(exchange.getRequestMethod(), name, query), name, headers);
      requests.add(request);
      Trouble trouble = bucket.equals(BUCKET) ? troubles.apply(request) : Trouble.NO_BUCKET;
      if (!headers.getOrDefault("authorization", "").contains("=" + ACCESS_KEY + "/")) {
        error(exchange, 403, "InvalidAccessKeyId");
      } else {
        answer(new Exchange(exchange, request, query, body, trouble));
      }
    }
  }

  private record Exchange(
      HttpExchange http, Request request, Map<String, String> query, byte[] body, Trouble trouble) {
    String name() {
      return request.name();
    }
  }

  private void answer(Exchange exchange) throws IOException {
    HttpExchange http = exchange.http();
    switch (exchange.trouble()) {
      case BUSY -> error(http, 503, "SlowDown");
      case DENIED -> error(http, 403, "AccessDenied");
      case NO_BUCKET -> error(http, 404, "NoSuchBucket");
      case NOT_IMPLEMENTED -> error(http, 501, "NotImplemented");
      case CUT -> {}
      case NONE, ANSWER_LOST, BODY_CUT -> perform(exchange);
    }
  }

  private void perform(Exchange exchange) throws IOException {
    switch (exchange.request().operation()) {
      case "HeadBucket" -> send(exchange, 200, "");
      case "HeadObject" -> head(exchange);
      case "GetObject" -> get(exchange);
      case "PutObject" -> put(exchange);
      case "DeleteObject" -> {
        objects.remove(exchange.name());
        send(exchange, 204, "");
      }
      case "ListObjectsV2" -> list(exchange);
      case "CreateMultipartUpload" -> {
        String id = UUID.randomUUID().toString();
        uploads.put(id, new Upload(stored(exchange), new TreeMap<>()));
        String tag = "InitiateMultipartUploadResult";
        send(exchange, 200, xml(tag, "<UploadId>" + id + "</UploadId>"));
      }
      case "UploadPart" -> putPart(exchange);
      case "CompleteMultipartUpload" -> complete(exchange);
      case "AbortMultipartUpload" -> {
        uploads.remove(exchange.query().getOrDefault("uploadId", ""));
        send(exchange, 204, "");
      }
      default -> error(exchange.http(), 501, "NotImplemented");
    }
  }

  private void head(Exchange exchange) throws IOException {
    Stored stored = objects.get(exchange.name());
    HttpExchange http = exchange.http();
    if (stored == null) {
      http.sendResponseHeaders(404, -1);
    } else if (exchange.trouble() == Trouble.NONE) {
      http.getResponseHeaders().set(WRITE_ID, stored.writeId());
      http.getResponseHeaders().set("Content-Length", Integer.toString(stored.bytes().length));
      http.sendResponseHeaders(200, -1);
    }
  }

  private void get(Exchange exchange) throws IOException {
    Stored stored = objects.get(exchange.name());
    if (stored == null) {
      error(exchange.http(), 404, "NoSuchKey");
      return;
    }
    String[] range =
        exchange.request().headers().getOrDefault("range", "bytes=0-").substring(6).split("-");
    int from = Integer.parseInt(range[0]);
    int length = stored.bytes().length;
    if (from >= length) {
      error(exchange.http(), 416, "InvalidRange");
      return;
    }
    int end = range.length < 2 ? length : Math.min(length, Integer.parseInt(range[1]) + 1);
    exchange
        .http()
        .getResponseHeaders()
        .set("Content-Range", "bytes " + from + "-" + (end - 1) + "/" + length);
    send(exchange, 206, Arrays.copyOfRange(stored.bytes(), from, end));
  }

  private void put(Exchange exchange) throws IOException {
    boolean isConditional = exchange.request().headers().containsKey("if-none-match");
    Stored stored = stored(exchange);
    Stored before =
        isConditional
            ? objects.putIfAbsent(exchange.name(), stored)
            : replace(exchange.name(), stored);
    if (before == null) {
      send(exchange, 200, "");
    } else {
      error(exchange.http(), 412, "PreconditionFailed");
    }
  }

  private @Nullable Stored replace(String name, Stored stored) {
    objects.put(name, stored);
    return null;
  }

  private static Stored stored(Exchange exchange) {
    Map<String, String> headers = exchange.request().headers();
    return new Stored(exchange.body(), headers.getOrDefault(WRITE_ID, ""), headers, Instant.now());
  }

  private void putPart(Exchange exchange) throws IOException {
    Upload upload = uploads.get(exchange.query().getOrDefault("uploadId", ""));
    if (upload == null) {
      error(exchange.http(), 404, "NoSuchUpload");
      return;
    }
    int number = Integer.parseInt(exchange.query().getOrDefault("partNumber", "0"));
    upload.parts().put(number, exchange.body());
    exchange.http().getResponseHeaders().set("ETag", "\"part-" + number + "\"");
    send(exchange, 200, "");
  }

  private void complete(Exchange exchange) throws IOException {
    Upload upload = uploads.remove(exchange.query().getOrDefault("uploadId", ""));
    if (upload == null) {
      error(exchange.http(), 404, "NoSuchUpload");
      return;
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (byte[] part : upload.parts().values()) {
      whole.write(part);
    }
    Stored empty = upload.empty();
    objects.put(
        exchange.name(),
        new Stored(whole.toByteArray(), empty.writeId(), empty.headers(), Instant.now()));
    send(exchange, 200, xml("CompleteMultipartUploadResult", "<ETag>\"x\"</ETag>"));
  }

  private void list(Exchange exchange) throws IOException {
    Map<String, String> query = exchange.query();
    String prefix = query.getOrDefault("prefix", "");
    int most = Integer.parseInt(query.getOrDefault("max-keys", "1000"));
    List<Map.Entry<String, Stored>> found =
        objects.tailMap(query.getOrDefault("start-after", ""), false).entrySet().stream()
            .filter(object -> object.getKey().startsWith(prefix))
            .limit(most + 1L)
            .toList();
    StringBuilder contents = new StringBuilder();
    contents.append("<IsTruncated>").append(found.size() > most).append("</IsTruncated>");
    for (Map.Entry<String, Stored> object : found.subList(0, Math.min(most, found.size()))) {
      contents.append("<Contents><Key>").append(object.getKey());
      contents.append("</Key><LastModified>").append(object.getValue().at());
      contents.append("</LastModified><Size>").append(object.getValue().bytes().length);
      contents.append("</Size></Contents>");
    }
    send(exchange, 200, xml("ListBucketResult", contents.toString()));
  }

  private static String operation(String method, String name, Map<String, String> query) {
    if (name.isEmpty()) {
      return method.equals("HEAD") ? "HeadBucket" : "ListObjectsV2";
    }
    return switch (method) {
      case "HEAD" -> "HeadObject";
      case "GET" -> "GetObject";
      case "PUT" -> query.containsKey("partNumber") ? "UploadPart" : "PutObject";
      case "DELETE" -> query.containsKey("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
      default -> query.containsKey("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload";
    };
  }

  private static void send(Exchange exchange, int status, String text) throws IOException {
    send(exchange, status, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void send(Exchange exchange, int status, byte[] body) throws IOException {
    if (exchange.trouble() == Trouble.ANSWER_LOST) {
      return;
    }
    boolean isCut = exchange.trouble() == Trouble.BODY_CUT;
    exchange.http().sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.http().getResponseBody().write(body, 0, isCut ? body.length / 2 : body.length);
    exchange.http().getResponseBody().flush();
  }

  private static void error(HttpExchange exchange, int status, String code) throws IOException {
    byte[] body =
        xml("Error", "<Code>" + code + "</Code><Message>it is " + code + "</Message>")
            .getBytes(StandardCharsets.UTF_8);
    boolean isHead = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
    if (!isHead) {
      exchange.getResponseBody().write(body);
    }
  }

  private static String xml(String tag, String content) {
    return XML + "<" + tag + ">" + content + "</" + tag + ">";
  }

  private static Map<String, String> headers(HttpExchange exchange) {
    return exchange.getRequestHeaders().entrySet().stream()
        .collect(
            Collectors.toMap(
                header -> header.getKey().toLowerCase(java.util.Locale.ROOT),
                header -> header.getValue().get(0)));
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    String text = exchange.getRequestURI().getRawQuery();
    for (String pair : text == null ? new String[0] : text.split("&")) {
      String[] parts = pair.split("=", 2);
      String value = parts.length < 2 ? "" : parts[1];
      query.put(parts[0], URLDecoder.decode(value, StandardCharsets.UTF_8));
    }
    return query;
  }
}
