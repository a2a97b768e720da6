package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import narthex.document.NarFiles;
import narthex.nix.NarText;
import narthex.nix.NixFormatException;
import narthex.nix.StorePathHash;

/**
 * The path of a file in a store path, from a URL below {@code /serve/}. Decoded from the raw
 * request URI, since names in a NAR need not be UTF-8. Immutable.
 *
 * @param hash hash of the store path
 * @param names path from the root of the NAR, in the encoding of {@link NarText}
 * @param isDirectory whether the path ends in a slash
 */
record FilePath(StorePathHash hash, List<String> names, boolean isDirectory) {
  private static final String PATH = FilePath.class.getName();
  private static final String FOLDER = "/serve/";
  private static final String UNRESERVED = "-._~";
  private static final int HEX = 16;

  /** Longest path in a URL, in characters. */
  private static final int MAX_LENGTH = 8192;

  FilePath {
    names = List.copyOf(names);
  }

  /**
   * Parses the path of a request.
   *
   * @throws NixFormatException if the path is malformed: a segment is empty, {@code .} or {@code
   *     ..}, or contains an encoded slash or NUL
   */
  static FilePath of(HttpServletRequest request) {
    if (request.getAttribute(PATH) instanceof FilePath known) {
      return known; // an asynchronous dispatch may have changed the path
    }
    FilePath path = read(request);
    request.setAttribute(PATH, path);
    return path;
  }

  private static FilePath read(HttpServletRequest request) {
    String start = request.getContextPath() + FOLDER;
    String uri = request.getRequestURI();
    if (!uri.startsWith(start) || uri.length() > MAX_LENGTH) {
      throw new NixFormatException("not a path in a NAR");
    }
    return parse(uri.substring(start.length()));
  }

  /** Parses {@code <hash>[/<name>]*[/]}, percent-encoded. */
  static FilePath parse(String text) {
    boolean isDirectory = text.endsWith("/");
    String path = isDirectory ? text.substring(0, text.length() - 1) : text;
    String[] segments = path.split("/", -1);
    List<String> names = new ArrayList<>();
    for (int i = 1; i < segments.length; i++) {
      names.add(name(segments[i]));
    }
    return new FilePath(StorePathHash.parse(segments[0]), names, isDirectory);
  }

  private static String name(String segment) {
    byte[] bytes = decode(segment);
    String name = NarText.of(bytes);
    boolean isName = !name.isEmpty() && !name.equals(".") && !name.equals("..");
    for (byte b : bytes) {
      isName &= b != '/' && b != 0;
    }
    if (!isName) {
      throw new NixFormatException("not the name of a file: '" + segment + "'");
    }
    return name;
  }

  private static byte[] decode(String segment) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(segment.length());
    byte[] raw = segment.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] != '%') {
        bytes.write(raw[i]);
        continue;
      }
      int high = i + 2 < raw.length ? Character.digit(raw[i + 1], HEX) : -1;
      int low = i + 2 < raw.length ? Character.digit(raw[i + 2], HEX) : -1;
      if (high < 0 || low < 0) {
        throw new NixFormatException("not percent-encoded: '" + segment + "'");
      }
      bytes.write(high * HEX + low);
      i += 2;
    }
    return bytes.toByteArray();
  }

  /** Percent-encodes a name as a path segment. */
  static String encode(String name) {
    StringBuilder segment = new StringBuilder();
    for (byte b : NarText.bytes(name)) {
      char c = (char) (b & 0xFF);
      if ((c >= '0' && c <= '9')
          || (c >= 'A' && c <= 'Z')
          || (c >= 'a' && c <= 'z')
          || UNRESERVED.indexOf(c) >= 0) {
        segment.append(c);
      } else {
        segment.append(String.format(Locale.ROOT, "%%%02X", (int) c));
      }
    }
    return segment.toString();
  }

  /** Returns the last name; empty for the root. */
  String lastName() {
    return names.isEmpty() ? "" : names.get(names.size() - 1);
  }

  /** Returns the relative reference to the same path with a trailing slash. */
  String asDirectory() {
    return "./" + (names.isEmpty() ? hash.text() : encode(lastName())) + "/";
  }

  /** Returns the relative reference to a file in another store path. */
  String to(NarFiles.FoundElsewhere other) {
    int up = names.size() + (isDirectory ? 1 : 0);
    String path = other.path().stream().map(FilePath::encode).collect(Collectors.joining("/"));
    String end = isDirectory && !path.isEmpty() ? "/" : "";
    return (up == 0 ? "./" : "../".repeat(up)) + other.hash().text() + "/" + path + end;
  }

  /** Returns the path for display. */
  String print() {
    return hash.text() + "/" + names.stream().map(name -> name + "/").collect(Collectors.joining());
  }
}
