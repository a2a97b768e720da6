package narthex.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.chunk.ChunkSizes;
import narthex.chunk.ChunkStore;
import narthex.chunk.Chunker;
import narthex.chunk.FrameCrc;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.ManifestPart;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.Encoders;

/** A NAR that a test has stored as chunks, with packs and manifest parts of any small size. */
public final class StoredChunks {
  /** The length at which packs of the usual shape are full. */
  public static final int PACK_BYTES = 32 << 10;

  /**
   * The sizes of chunks, packs and manifest parts.
   *
   * @param sizes the chunk sizes
   * @param chunksInPack frames per pack
   * @param chunksInPart chunks per manifest part
   */
  public record Shape(ChunkSizes sizes, int chunksInPack, int chunksInPart) {
    /** Chunks of some KiB, several packs and parts in a NAR of 200 kB. */
    public static Shape usual() {
      return new Shape(new ChunkSizes(1 << 10, 4 << 10, 16 << 10), 7, 11);
    }
  }

  private final Database database;
  private final BlobStore blobs;
  private final Shape shape;
  private final NarId id;
  private final List<ChunkPlace> places = new ArrayList<>();
  private final Map<Sha256, ChunkPlace> known = new HashMap<>();
  private final List<ChunkPlace> fresh = new ArrayList<>();

  private StoredChunks(Database database, BlobStore blobs, Shape shape, NarId id) {
    this.database = database;
    this.blobs = blobs;
    this.shape = shape;
    this.id = id;
  }

  /** A store of chunks of some KiB in packs of some ten KiB. */
  public static ChunkStore ofUsualSizes(BlobStore blobs, Database database, Executor packers) {
    return new ChunkStore(
        blobs,
        database,
        new ChunkStore.Policy(Shape.usual().sizes(), PACK_BYTES, ChunkStore.OtherSizes.REFUSED),
        packers);
  }

  /** Stores a NAR; refers to chunks that are already stored or occur twice. */
  public static StoredChunks store(Database database, BlobStore blobs, Shape shape, byte[] nar)
      throws IOException {
    StoredChunks stored =
        new StoredChunks(database, blobs, shape, new NarId(sha256(nar), nar.length));
    stored.writePacks(nar);
    long frames = stored.framesLength();
    database.storeChunked(
        stored.id,
        stored.fresh.stream().sorted(Comparator.comparing(ChunkPlace::hash)).toList(),
        stored.parts(),
        new Representation(Form.CHUNKED, Compression.NONE, stored.id.hash(), frames, List.of()),
        Instant.now());
    return stored;
  }

  /** NarHash and NarSize. */
  public NarId id() {
    return id;
  }

  /** The places of its chunks in order. */
  public List<ChunkPlace> places() {
    return List.copyOf(places);
  }

  /** The chunk with this offset of the NAR. */
  public ChunkPlace placeOf(long offset) {
    long end = 0;
    for (ChunkPlace place : places) {
      end += place.length();
      if (offset < end) {
        return place;
      }
    }
    throw new IllegalArgumentException("no byte " + offset);
  }

  /** Total length of the frames. */
  public long framesLength() {
    return places.stream().mapToLong(ChunkPlace::storedLength).sum();
  }

  /** The concatenated frames. */
  public byte[] frames() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (ChunkPlace place : places) {
      try (InputStream in = blobs.open(place.pack(), place.offset(), place.storedLength())) {
        in.transferTo(out);
      }
    }
    return out.toByteArray();
  }

  private void writePacks(byte[] nar) throws IOException {
    Chunker chunker = new Chunker(shape.sizes());
    List<byte[]> pack = new ArrayList<>();
    for (int from = 0; from < nar.length; ) {
      int end = from + chunker.cut(nar, from, nar.length);
      pack.add(Arrays.copyOfRange(nar, from, end));
      from = end;
      if (pack.size() == shape.chunksInPack() || end == nar.length) {
        writePack(pack);
        pack.clear();
      }
    }
  }

  private void writePack(List<byte[]> chunks) throws IOException {
    known.putAll(database.chunks().find(chunks.stream().map(StoredChunks::sha256).toList()));
    long number = database.chunks().takeNumbers(chunks.size());
    long offset = 0;
    try (BlobSink sink = blobs.create("pack/" + UUID.randomUUID())) {
      for (byte[] chunk : chunks) {
        Sha256 hash = sha256(chunk);
        ChunkPlace place = known.get(hash);
        if (place == null) {
          byte[] frame = frame(chunk);
          sink.write(frame, 0, frame.length);
          int crc = FrameCrc.of(frame, frame.length);
          place =
              new ChunkPlace(number++, hash, sink.key(), offset, frame.length, chunk.length, crc);
          offset += frame.length;
          known.put(hash, place);
          fresh.add(place);
        }
        places.add(place);
      }
      if (offset > 0) {
        sink.commit();
      }
    }
  }

  private List<ManifestPart> parts() {
    List<ManifestPart> parts = new ArrayList<>();
    long narOffset = 0;
    long framesOffset = 0;
    for (int from = 0; from < places.size(); from += shape.chunksInPart()) {
      List<ChunkPlace> some =
          places.subList(from, Math.min(places.size(), from + shape.chunksInPart()));
      long length = some.stream().mapToLong(ChunkPlace::length).sum();
      long frames = some.stream().mapToLong(ChunkPlace::storedLength).sum();
      long[] numbers = some.stream().mapToLong(ChunkPlace::number).toArray();
      parts.add(new ManifestPart(parts.size(), narOffset, framesOffset, length, frames, numbers));
      narOffset += length;
      framesOffset += frames;
    }
    return parts;
  }

  private static byte[] frame(byte[] chunk) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (var encoder = Encoders.encode(Compression.ZSTD, out)) {
      new ByteArrayInputStream(chunk).transferTo(encoder);
    }
    return out.toByteArray();
  }

  private static Sha256 sha256(byte[] bytes) {
    try {
      return Sha256.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
