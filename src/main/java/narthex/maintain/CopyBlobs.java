package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import narthex.blob.BlobLostException;
import narthex.blob.BlobSink;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.chunk.FrameCrc;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DocumentRow;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import narthex.stream.DecoderShare;

/**
 * Copies all blobs that rows refer to, to another blob store, under the same keys. Skips blobs that
 * the other store has with the same length, so that a later run goes on where this one ends.
 * Removes nothing but what it has copied itself and found damaged. Runs once, in one thread.
 *
 * <p>Rows may change meanwhile. A blob that isn't found is lost only if a row still refers to it
 * afterwards, as rows change before blobs are deleted.
 */
final class CopyBlobs {
  private static final int PAGE = 100;
  private static final int BUFFER_BYTES = 64 << 10;

  private final Database database;
  private final BlobStore from;
  private final BlobStore to;
  private final DecoderShare decoders;
  private final Pace pace;
  private final Progress progress;
  private final JobItems items;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private long copied;
  private long present;
  private long damaged;
  private long lost;

  /**
   * What is copied.
   *
   * @param database its rows say which blobs
   * @param blobs has the blobs
   * @param decoders limits the memory for the check of documents
   */
  record Source(Database database, BlobStore blobs, DecoderShare decoders) {}

  /** Gets the bytes that are read. */
  private interface Bytes {
    void take(byte[] bytes, int length) throws IOException;
  }

  /**
   * @param source what is copied
   * @param to where it goes; the caller closes it
   * @param bytesPerSecond limit of the bytes that are read; 0 for none
   */
  CopyBlobs(Source source, BlobStore to, long bytesPerSecond, Progress progress) {
    this.database = source.database();
    this.from = source.blobs();
    this.decoders = source.decoders();
    this.to = to;
    this.pace = new Pace(bytesPerSecond, progress);
    this.progress = progress;
    this.items = new JobItems(progress);
  }

  /**
   * Copies.
   *
   * @throws IOException if the other store belongs to another database, the database can't be
   *     asked, or very many blobs fail
   */
  JobResult run() throws IOException {
    StoreOwner owner = new StoreOwner(database, to);
    if (owner.isOfAnother()) {
      throw new IOException("the target belongs to another database; it has its blob owner/…");
    }
    items.each(
        kind("files", Sha256::nix32),
        database.garbage().countNarsWithFiles(),
        after -> database.garbage().findNarsWithFiles(after, PAGE),
        this::copyFiles);
    items.each(
        kind("packs", pack -> pack),
        database.garbage().countPacks(),
        after -> database.garbage().findPacks(after, PAGE),
        this::copyPack);
    items.each(
        kind("documents", row -> row.name().print()),
        database.documents().count(),
        after -> database.documents().findPage(after.map(DocumentRow::name), PAGE),
        this::copyDocument);
    if (!items.isUnfinished()) {
      owner.mark();
    }
    return result();
  }

  private static <T> JobItems.Kind<T> kind(String what, Function<T, String> name) {
    return new JobItems.Kind<>(what, item -> what + ": " + name.apply(item));
  }

  private void copyFiles(Sha256 narHash) throws IOException {
    List<Representation> forms =
        database.findNar(narHash).map(StoredNar::representations).orElse(List.of());
    for (Representation file : forms) {
      if (file.form() == Form.WHOLE) {
        copyFile(narHash, file);
      }
    }
  }

  private void copyFile(Sha256 narHash, Representation file) throws IOException {
    List<String> made = new ArrayList<>();
    boolean isRight = false;
    try {
      MessageDigest digest = Sha256.newDigest();
      if (isComplete(file)) {
        present += file.extents().size();
        isRight = true;
        return;
      }
      for (Extent part : file.extents()) {
        Bytes hashing = (bytes, length) -> digest.update(bytes, 0, length);
        if (isThere(part.blob(), part.storedLength())) {
          present++;
          read(to, part.blob(), part.storedLength(), hashing);
        } else {
          copyBlob(part.blob(), part.storedLength(), hashing);
          made.add(part.blob());
        }
      }
      isRight = Sha256.of(digest.digest()).equals(file.fileHash());
      if (isRight) {
        copied += made.size();
      } else {
        damaged++;
        progress.tell("damaged and not copied: the file of NAR " + narHash.nix32());
      }
    } catch (BlobLostException gone) {
      boolean isNamed =
          database.findNar(narHash).filter(nar -> nar.representations().contains(file)).isPresent();
      tellLost(isNamed, gone);
    } finally {
      if (!isRight) {
        delete(made);
      }
    }
  }

  private boolean isComplete(Representation file) throws IOException {
    for (Extent part : file.extents()) {
      if (!isThere(part.blob(), part.storedLength())) {
        return false;
      }
    }
    return true;
  }

  private void copyPack(String pack) throws IOException {
    OptionalLong length = from.find(pack);
    try {
      if (length.isEmpty()) {
        throw new BlobLostException(pack, "not in the blob store");
      }
      if (isThere(pack, length.getAsLong())) {
        present++;
        return;
      }
      PackCrcs frames = new PackCrcs(database.collection().findUsedInPack(pack));
      copyBlob(pack, length.getAsLong(), frames::take);
      copied++;
      if (frames.wrong() > 0) {
        damaged++;
        progress.tell("pack " + pack + ": copied, but damaged chunks: " + frames.wrong());
      }
    } catch (BlobLostException gone) {
      tellLost(database.garbage().findUnnamed(Set.of(pack)).isEmpty(), gone);
    }
  }

  private void copyDocument(DocumentRow row) throws IOException {
    if (isThere(row.blob(), row.blobSizeBytes())) {
      present++;
      return;
    }
    try {
      copyBlob(row.blob(), row.blobSizeBytes(), (bytes, length) -> {});
    } catch (BlobLostException gone) {
      DocumentName name = row.name();
      tellLost(database.documents().find(name).filter(row::equals).isPresent(), gone);
      return;
    }
    if (StoredDocument.isRight(row, to, decoders)) {
      copied++;
    } else {
      damaged++;
      progress.tell("damaged and not copied: the document " + row.name().print());
      delete(List.of(row.blob()));
    }
  }

  private boolean isThere(String key, long length) throws IOException {
    OptionalLong found = to.find(key);
    if (found.isPresent() && found.getAsLong() != length) {
      throw new IOException(
          "the target has " + found.getAsLong() + " bytes instead of " + length + " under " + key);
    }
    return found.isPresent();
  }

  private void copyBlob(String key, long length, Bytes check) throws IOException {
    try (BlobSink sink = to.create(key)) {
      read(
          from,
          key,
          length,
          (bytes, count) -> {
            check.take(bytes, count);
            sink.write(bytes, 0, count);
          });
      sink.commit();
    }
  }

  private void read(BlobStore store, String key, long length, Bytes target) throws IOException {
    try (InputStream in = store.open(key, 0, length)) {
      long left = length;
      while (left > 0) {
        int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (count < 0) {
          throw new BlobLostException(key, "it ended early");
        }
        pace.pass(count);
        target.take(buffer, count);
        left -= count;
      }
    }
  }

  private void tellLost(boolean isNamed, BlobLostException gone) {
    if (isNamed) {
      lost++;
      progress.tell("lost: " + gone.getMessage());
    }
  }

  private void delete(List<String> made) throws IOException {
    for (String key : made) {
      to.delete(key);
    }
  }

  private JobResult result() {
    Verdict verdict = lost + damaged > 0 ? Verdict.PROBLEMS : Verdict.DONE;
    return JobResult.of(items.isUnfinished() ? Verdict.UNFINISHED : verdict)
        .with("copied", copied)
        .with("present", present)
        .with("damaged", damaged)
        .with("lost", lost)
        .with("failed", items.failed())
        .with("bytes", pace.bytes());
  }

  /** Counts chunks whose frame has a wrong CRC in the bytes of a pack. */
  private static final class PackCrcs {
    private final List<ChunkPlace> places;
    private byte[] frame = new byte[0];
    private int next;
    private int filled;
    private long position;
    private long wrong;

    /**
     * @param places in the order of their frames
     */
    PackCrcs(List<ChunkPlace> places) {
      this.places = places;
    }

    void take(byte[] bytes, int length) {
      int taken = 0;
      while (taken < length && next < places.size()) {
        ChunkPlace place = places.get(next);
        long gap = place.offset() + filled - position;
        if (gap < 0) { // overlaps the frame before
          next++;
          continue;
        }
        int skipped = (int) Math.min(gap, length - taken);
        int count = Math.min(place.packedLength() - filled, length - taken - skipped);
        if (frame.length < place.packedLength()) {
          frame = new byte[place.packedLength()];
        }
        System.arraycopy(bytes, taken + skipped, frame, filled, count);
        filled += count;
        taken += skipped + count;
        position += skipped + count;
        if (filled == place.packedLength()) {
          boolean isRight = FrameCrc.of(frame, filled) == place.packedCrc();
          do {
            wrong += isRight ? 0 : 1;
            next++;
          } while (next < places.size() && places.get(next).isTogetherWith(place));
          filled = 0;
        }
      }
      position += length - taken;
    }

    /** Call it at the end of the pack. */
    long wrong() {
      return wrong + places.size() - next;
    }
  }
}
