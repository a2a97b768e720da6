package narthex.nix;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parses one narinfo in one pass over its text. For one use and one thread. */
final class NarInfoParser {
  private final String text;
  private final List<Signature> signatures = new ArrayList<>(2);
  private @Nullable String storePath;
  private @Nullable String url;
  private @Nullable String compression;
  private @Nullable String fileHash;
  private @Nullable String fileSize;
  private @Nullable String narHash;
  private @Nullable String narSize;
  private @Nullable String references;
  private @Nullable String deriver;
  private @Nullable String ca;

  NarInfoParser(String text) {
    this.text = text;
  }

  NarInfo parse() {
    int position = 0;
    while (position < text.length()) {
      int newline = text.indexOf('\n', position);
      if (newline < 0) {
        throw new NixFormatException("not a narinfo: the last line has no newline");
      }
      readLine(position, newline);
      position = newline + 1;
    }
    return new NarInfo(
        StorePath.parse(required("StorePath", storePath)),
        parseFile(),
        new NarId(Sha256.parse(required("NarHash", narHash)), parseNarSize()),
        parseReferences(),
        deriver == null || deriver.isEmpty() || deriver.equals("unknown-deriver") ? null : deriver,
        signatures,
        ca == null || ca.isEmpty() ? null : ca);
  }

  private void readLine(int from, int to) {
    int colon = text.indexOf(':', from);
    if (colon < 0 || colon + 1 >= to) {
      throw new NixFormatException(
          "not a narinfo: expected 'Key: value', found '" + text.substring(from, to) + "'");
    }
    readField(from, colon, to);
  }

  /** Like Nix, skips the colon and one more character, whatever that is. */
  private void readField(int from, int colon, int to) {
    int start = colon + 2;
    switch (colon - from) {
      case 2 -> {
        if (isKey("CA", from)) {
          ca = once("CA", ca, start, to);
        }
      }
      case 3 -> {
        if (isKey("URL", from)) {
          url = text.substring(start, to);
        } else if (isKey("Sig", from)) {
          readSignature(start, to);
        }
      }
      case 7 -> {
        if (isKey("NarHash", from)) {
          narHash = text.substring(start, to);
        } else if (isKey("NarSize", from)) {
          narSize = text.substring(start, to);
        } else if (isKey("Deriver", from)) {
          deriver = text.substring(start, to);
        }
      }
      case 8 -> {
        if (isKey("FileHash", from)) {
          fileHash = text.substring(start, to);
        } else if (isKey("FileSize", from)) {
          fileSize = text.substring(start, to);
        }
      }
      case 9 -> {
        if (isKey("StorePath", from)) {
          storePath = text.substring(start, to);
        }
      }
      case 10 -> {
        if (isKey("References", from)) {
          references = once("References", references, start, to);
        }
      }
      case 11 -> {
        if (isKey("Compression", from)) {
          compression = text.substring(start, to);
        }
      }
      default -> {
        // Nix ignores unknown keys, so that later versions can add some.
      }
    }
  }

  private boolean isKey(String key, int from) {
    return text.startsWith(key, from);
  }

  /** Returns the value, unless an earlier line already gave this key a value. */
  private String once(String key, @Nullable String earlier, int from, int to) {
    if (earlier != null && !earlier.isBlank()) {
      throw new NixFormatException("not a narinfo: duplicate " + key);
    }
    return text.substring(from, to);
  }

  private void readSignature(int from, int to) {
    try {
      signatures.add(Signature.parse(text.substring(from, to)));
    } catch (NixFormatException e) {
      // Drop it: Nix 2.34 and later would reject the whole narinfo because of it.
    }
  }

  private NarFile parseFile() {
    return new NarFile(
        required("URL", url),
        compression == null || compression.isEmpty()
            ? Compression.BZIP2
            : Compression.parse(compression),
        parseFileHash(),
        parseFileSize());
  }

  private @Nullable Sha256 parseFileHash() {
    if (fileHash == null) {
      return null;
    }
    try {
      return Sha256.parse(fileHash);
    } catch (NixFormatException e) {
      return null;
    }
  }

  private @Nullable Long parseFileSize() {
    long size = fileSize == null ? -1 : parseSize(fileSize);
    return size > 0 ? size : null;
  }

  private long parseNarSize() {
    String digits = required("NarSize", narSize);
    long size = parseSize(digits);
    if (size <= 0) {
      throw new NixFormatException("invalid NarSize: '" + digits + "'");
    }
    return size;
  }

  /** Parses decimal digits, like Nix with an optional plus; -1 if malformed or too large. */
  private static long parseSize(String digits) {
    int start = digits.startsWith("+") ? 1 : 0;
    long size = digits.length() == start ? -1 : 0;
    for (int i = start; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9 || size > (Long.MAX_VALUE - digit) / 10) {
        return -1;
      }
      size = size * 10 + digit;
    }
    return size;
  }

  private List<String> parseReferences() {
    if (references == null || references.isEmpty()) {
      return List.of();
    }
    List<String> names = new ArrayList<>(references.length() / 48 + 1);
    int from = 0;
    while (from < references.length()) {
      int space = references.indexOf(' ', from);
      int to = space < 0 ? references.length() : space;
      if (to > from) {
        names.add(references.substring(from, to));
      }
      from = to + 1;
    }
    return names;
  }

  private static String required(String key, @Nullable String value) {
    if (value == null) {
      throw new NixFormatException("not a narinfo: missing " + key);
    }
    return value;
  }
}
