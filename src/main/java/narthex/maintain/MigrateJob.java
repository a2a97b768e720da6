package narthex.maintain;

import java.io.IOException;
import java.util.Optional;
import narthex.blob.BlobStore;
import narthex.chunk.ChunkStore;
import narthex.db.Database;
import narthex.ingest.CdcMode;
import narthex.maintain.JobRefusedException.Reason;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * The job {@code migrate}: changes how all NARs are stored ({@code to=chunks} or {@code to=whole}),
 * or copies all blobs to another store ({@code blobs=URL}). Option {@code rate}: the most bytes to
 * read in a second.
 */
public final class MigrateJob implements Job {
  private final Store store;
  private final ChunkFiles chunkFiles;
  private final CdcMode mode;
  private final Targets targets;

  /**
   * What is migrated.
   *
   * @param database the rows
   * @param blobs the bytes
   * @param stored opens, publishes and drops NARs
   * @param chunked drops damaged chunks
   * @param chunks knows the configured sizes of chunks
   * @param decoders limits the memory for decoding
   */
  public record Store(
      Database database,
      BlobStore blobs,
      StoredNars stored,
      ChunkedNars chunked,
      ChunkStore chunks,
      DecoderShare decoders) {}

  /** Opens other blob stores. */
  @FunctionalInterface
  public interface Targets {
    /** Opens a store. */
    @FunctionalInterface
    interface Opener {
      /**
       * Opens the store; the caller closes it.
       *
       * @throws IOException if it can't be used; the message says why in one line
       */
      BlobStore open() throws IOException;
    }

    /**
     * Reads where a store is, without opening it.
     *
     * @param url a URL as {@code narthex.blob.url} has it
     * @param keysFile the file with the keys of a bucket; null for those of the settings
     * @throws IllegalArgumentException if the URL is wrong, or that of the present store
     */
    Opener parse(String url, @Nullable String keysFile);
  }

  /** Where NARs go. */
  private enum Target {
    CHUNKS,
    WHOLE;

    static Target parse(String text) {
      return switch (text) {
        case "chunks" -> CHUNKS;
        case "whole" -> WHOLE;
        default -> throw new IllegalArgumentException("neither chunks nor whole");
      };
    }
  }

  /**
   * @param chunkFiles the same that the background work uses, so that both don't cut the same NAR
   * @param mode how this server stores new NARs
   * @param targets opens the blob stores that {@code blobs} names
   */
  public MigrateJob(Store store, ChunkFiles chunkFiles, CdcMode mode, Targets targets) {
    this.store = store;
    this.chunkFiles = chunkFiles;
    this.mode = mode;
    this.targets = targets;
  }

  @Override
  public String name() {
    return "migrate";
  }

  @Override
  public boolean isForWholeStore() {
    return true;
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    Optional<Target> to = options.parsed("to", Target::parse);
    Optional<String> keys = options.text("keys-file");
    Optional<Targets.Opener> target =
        options.parsed("blobs", url -> targets.parse(url, keys.orElse(null)));
    long rate = options.bytes("rate").orElse(0);
    if (to.isPresent() == target.isPresent()) {
      throw new JobRefusedException(
          Reason.WRONG_OPTION, "give either to=chunks, to=whole or blobs=URL");
    }
    if (target.isPresent()) {
      return progress -> copy(target.get(), rate, progress);
    }
    if (to.get() == Target.CHUNKS) {
      return progress -> toChunks(rate, progress);
    }
    if (mode != CdcMode.OFF) {
      throw new JobRefusedException(
          Reason.WRONG_OPTION,
          "option to: whole needs narthex.cdc.mode=off, else the server cuts the NARs again");
    }
    return progress -> new Migration(new ChunksToFiles(store), rate, progress).run();
  }

  private JobResult copy(Targets.Opener target, long rate, Progress progress) throws IOException {
    try (BlobStore other = target.open()) {
      CopyBlobs.Source source =
          new CopyBlobs.Source(store.database(), store.blobs(), store.decoders());
      JobResult result = new CopyBlobs(source, other, rate, progress).run();
      if (result.verdict() != JobResult.Verdict.UNFINISHED) {
        progress.tell(
            Long.valueOf(0).equals(result.figures().get("copied"))
                ? "nothing was left to copy"
                : "run this again when the server has stopped, until nothing is left to copy");
      }
      return result;
    }
  }

  private JobResult toChunks(long rate, Progress progress) throws IOException {
    if (mode == CdcMode.OFF) {
      progress.tell("narthex.cdc.mode is off: NARs that arrive from now on are stored whole");
    }
    Migration.Change change =
        new FilesToChunks(store.database().chunkingQueue(), chunkFiles, store.chunks());
    return new Migration(change, rate, progress).run();
  }
}
