package narthex.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the blob store is: in a directory or in a bucket. */
public sealed interface BlobPlace {

  /**
   * A directory, which need not exist yet.
   *
   * @param root absolute path
   */
  record Directory(Path root) implements BlobPlace {}

  /**
   * An S3 bucket.
   *
   * @param name name of the bucket
   * @param prefix of all objects; empty, or ends with a slash
   * @param endpoint URL of the server, or null for AWS
   * @param region the region, or null if the URL has none
   * @param pathStyle whether requests name the bucket in the path and not in the host name
   */
  record Bucket(
      String name,
      String prefix,
      @Nullable URI endpoint,
      @Nullable String region,
      boolean pathStyle)
      implements BlobPlace {
    private static final Pattern NAME =
        Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]");
    private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9._-]*/)*");
    private static final Pattern REGION = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final Set<String> PARAMETERS = Set.of("endpoint", "region", "path-style");

    private static Bucket parse(String text) {
      URI url;
      try {
        url = new URI(text);
      } catch (URISyntaxException e) {
        throw new IllegalArgumentException("not a URL");
      }
      String name = url.getRawAuthority();
      if (name == null || !NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("no bucket name after s3://");
      }
      String path = url.getRawPath().replaceFirst("^/", "");
      String prefix = path.isEmpty() || path.endsWith("/") ? path : path + "/";
      if (!PREFIX.matcher(prefix).matches() || url.getRawFragment() != null) {
        throw new IllegalArgumentException(
            "the prefix may have letters, digits, '.', '-' and '_' between slashes");
      }
      Map<String, String> parameters = parameters(url.getRawQuery());
      URI endpoint = endpoint(parameters.get("endpoint"));
      String region = parameters.get("region");
      if (region != null && !REGION.matcher(region).matches()) {
        throw new IllegalArgumentException("not a region");
      }
      return new Bucket(
          name, prefix, endpoint, region, pathStyle(parameters.get("path-style"), endpoint));
    }

    private static Map<String, String> parameters(@Nullable String query) {
      Map<String, String> parameters = new HashMap<>();
      for (String pair : query == null ? new String[0] : query.split("&", -1)) {
        int equals = pair.indexOf('=');
        String parameter = equals < 0 ? pair : pair.substring(0, equals);
        if (!PARAMETERS.contains(parameter)) {
          throw new IllegalArgumentException("unknown parameter " + parameter);
        }
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        parameters.put(parameter, URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
      return parameters;
    }

    private static @Nullable URI endpoint(@Nullable String text) {
      if (text == null) {
        return null;
      }
      URI url;
      try {
        url = new URI(text);
      } catch (URISyntaxException e) {
        throw new IllegalArgumentException("the endpoint is not a URL");
      }
      boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (!isHttp || url.getHost() == null || url.getRawUserInfo() != null) {
        throw new IllegalArgumentException("the endpoint is not an http:// or https:// URL");
      }
      return url;
    }

    private static boolean pathStyle(@Nullable String text, @Nullable URI endpoint) {
      if (text == null) {
        return endpoint != null; // the host names of most other servers have no bucket
      }
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new IllegalArgumentException("path-style is neither true nor false");
      };
    }
  }

  /**
   * Parses a {@code file:} URL, an absolute path or an {@code s3:} URL.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  static BlobPlace parse(String text) {
    if (text.regionMatches(true, 0, "s3:", 0, 3)) {
      return Bucket.parse(text);
    }
    return new Directory(directory(text).normalize());
  }

  private static Path directory(String text) {
    if (text.regionMatches(true, 0, "file:", 0, 5)) {
      try {
        return Path.of(new URI(text));
      } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
        throw new IllegalArgumentException("not a file: URL with an absolute path");
      }
    }
    Path path;
    try {
      path = Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("not a path");
    }
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("neither a file: URL, an absolute path nor an s3: URL");
    }
    return path;
  }
}
