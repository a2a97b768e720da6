package narthex.nix;

/** A compression method of NAR files that Narthex can read. */
public enum Compression {
  /** No compression: the file is the NAR itself. */
  NONE("none", ""),
  /** The .xz format, the default of Nix. */
  XZ("xz", ".xz"),
  /** Zstandard frames. */
  ZSTD("zstd", ".zst"),
  /** bzip2, the default of a narinfo without a {@code Compression} field. */
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

  /** The file name extension after {@code .nar}, with its dot; empty for {@link #NONE}. */
  public String extension() {
    return extension;
  }

  /**
   * Parses the value of a {@code Compression} field.
   *
   * @throws NixFormatException if Narthex doesn't know the method
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
   * Finds the method by its {@link #extension()}; an empty extension means {@link #NONE}.
   *
   * @throws NixFormatException if no method has this extension
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
