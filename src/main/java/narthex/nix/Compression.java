package narthex.nix;

/** How a NAR file is compressed: the methods that Narthex reads. */
public enum Compression {
  /** The NAR itself. */
  NONE("none", ""),
  /** The .xz format; what Nix writes by default. */
  XZ("xz", ".xz"),
  /** Zstandard frames. */
  ZSTD("zstd", ".zst"),
  /** bzip2; what a narinfo without this field means. */
  BZIP2("bzip2", ".bz2"),
  /** gzip members. */
  GZIP("gzip", ".gz"),
  /** A Brotli stream. */
  BR("br", ".br"),
  /** LZ4 frames. */
  LZ4("lz4", ".lz4");

  private final String nixName;
  private final String extension;

  Compression(String nixName, String extension) {
    this.nixName = nixName;
    this.extension = extension;
  }

  /** The value of a narinfo's {@code Compression} field. */
  public String nixName() {
    return nixName;
  }

  /** What follows {@code .nar} in a file name, with its dot; empty for {@link #NONE}. */
  public String extension() {
    return extension;
  }

  /**
   * The method that Nix calls by this name.
   *
   * @throws NixFormatException if it is not one of ours
   */
  public static Compression parse(String nixName) {
    return switch (nixName) {
      case "none" -> NONE;
      case "xz" -> XZ;
      case "zstd" -> ZSTD;
      case "bzip2" -> BZIP2;
      case "gzip" -> GZIP;
      case "br" -> BR;
      case "lz4" -> LZ4;
      default -> throw new NixFormatException("unknown compression: '" + nixName + "'");
    };
  }

  /**
   * The method whose {@link #extension()} this is; the empty text is {@link #NONE}.
   *
   * @throws NixFormatException if it is not one of ours
   */
  public static Compression ofExtension(String extension) {
    return switch (extension) {
      case "" -> NONE;
      case ".xz" -> XZ;
      case ".zst" -> ZSTD;
      case ".bz2" -> BZIP2;
      case ".gz" -> GZIP;
      case ".br" -> BR;
      case ".lz4" -> LZ4;
      default -> throw new NixFormatException("unknown file extension: '" + extension + "'");
    };
  }
}
