package narthex.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.SecretKey;
import narthex.nix.Sha256;
import narthex.nix.StorePath;

/** A NAR, its compressed file, and the contents of its narinfo, in memory. Immutable. */
public final class NarFixture {
  /** The targets of a published fixture, and its narinfo. */
  public record Published(String narInfoTarget, String narTarget, NarInfo narInfo) {}

  private static final String STORE_DIR = "/nix/store";
  private static final int PATH_HASH_BYTES = 20;

  private final StorePath storePath;
  private final byte[] nar;
  private final byte[] file;
  private final Compression compression;
  private final List<String> references;

  private NarFixture(
      StorePath storePath,
      byte[] nar,
      byte[] file,
      Compression compression,
      List<String> references) {
    this.storePath = storePath;
    this.nar = nar;
    this.file = file;
    this.compression = compression;
    this.references = List.copyOf(references);
  }

  /** A store path of this name with this NAR, which may be invalid. */
  public static NarFixture of(String name, byte[] nar, Compression compression) {
    byte[] digest =
        sha256((name + ":" + sha256(nar)).getBytes(java.nio.charset.StandardCharsets.UTF_8))
            .bytes();
    String hash = Nix32.encode(Arrays.copyOf(digest, PATH_HASH_BYTES));
    StorePath path = StorePath.parse(STORE_DIR + "/" + hash + "-" + name);
    return new NarFixture(path, nar.clone(), compress(nar, compression), compression, List.of());
  }

  /** A store path of this name with this tree. */
  public static NarFixture of(String name, NarTree tree, Compression compression) {
    return of(name, tree.nar(), compression);
  }

  /** A store path with one file of random bytes, which depend on the seed only. */
  public static NarFixture random(long seed, int fileBytes, Compression compression) {
    return of("random-" + seed, NarTree.random(seed, fileBytes), compression);
  }

  /** Returns a copy with references to these store paths. */
  public NarFixture referring(NarFixture... others) {
    List<String> names = Arrays.stream(others).map(o -> o.storePath.baseName()).sorted().toList();
    return new NarFixture(storePath, nar, file, compression, names);
  }

  /** The store path. */
  public StorePath storePath() {
    return storePath;
  }

  /** NarHash and NarSize. */
  public NarId id() {
    return new NarId(sha256(nar), nar.length);
  }

  /** The compression of {@link #file}. */
  public Compression compression() {
    return compression;
  }

  /** A copy of the NAR. */
  public byte[] nar() {
    return nar.clone();
  }

  /** A copy of the compressed NAR. */
  public byte[] file() {
    return file.clone();
  }

  /** The FileHash. */
  public Sha256 fileHash() {
    return sha256(file);
  }

  /** The URL that Nix uses: named by the FileHash. */
  public String url() {
    return "nar/" + fileHash().nix32() + ".nar" + compression.extension();
  }

  /** The narinfo with this URL, signed with these keys. */
  public NarInfo narInfo(String url, SecretKey... keys) {
    NarFile narFile = new NarFile(url, compression, fileHash(), (long) file.length);
    NarInfo unsigned = new NarInfo(storePath, narFile, id(), references, null, List.of(), null);
    String fingerprint = unsigned.fingerprint();
    return unsigned.withSignatures(Arrays.stream(keys).map(key -> key.sign(fingerprint)).toList());
  }

  /** Publishes the NAR by its FileHash, and its narinfo signed with these keys. */
  public Published publishTo(FaultyUpstream upstream, SecretKey... keys) {
    return publishTo(upstream, UrlStyle.BY_FILE_HASH, keys);
  }

  /** Publishes the NAR and its narinfo, signed with these keys. */
  public Published publishTo(FaultyUpstream upstream, UrlStyle style, SecretKey... keys) {
    NarInfo narInfo = narInfo(style.url(this, upstream.url()), keys);
    return publishTo(upstream, style.target(this), narInfo);
  }

  /** Publishes the NAR under a target, and any narinfo, right or wrong, for its path. */
  public Published publishTo(FaultyUpstream upstream, String narTarget, NarInfo narInfo) {
    String narInfoTarget = "/" + storePath.hash().text() + ".narinfo";
    upstream.put(narTarget, file).put(narInfoTarget, narInfo.print());
    return new Published(narInfoTarget, narTarget, narInfo);
  }

  /** Publishes a {@code nix-cache-info} with this priority. */
  public static FaultyUpstream publishCacheInfo(FaultyUpstream upstream, int priority) {
    return upstream.put(
        "/nix-cache-info",
        "StoreDir: " + STORE_DIR + "\nWantMassQuery: 1\nPriority: " + priority + "\n");
  }

  private static byte[] compress(byte[] nar, Compression compression) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (OutputStream out = encoder(compression, file)) {
      out.write(nar);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file.toByteArray();
  }

  private static OutputStream encoder(Compression compression, OutputStream out)
      throws IOException {
    return switch (compression) {
      case NONE -> out;
      case XZ -> new org.tukaani.xz.XZOutputStream(out, new org.tukaani.xz.LZMA2Options(1));
      case ZSTD -> new com.github.luben.zstd.ZstdOutputStream(out);
      case GZIP -> new java.util.zip.GZIPOutputStream(out);
      case BZIP2 ->
          new org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream(out);
      case LZ4 ->
          new org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream(out);
      case BR -> narthex.stream.Encoders.wrap(Compression.BR, out);
    };
  }

  private static Sha256 sha256(byte[] bytes) {
    try {
      return Sha256.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
