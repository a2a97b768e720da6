package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import narthex.testing.KillSwitch;

/**
 * The blob store of a process that can be killed. Its temporary files stay then, as those of
 * another process: the store that is opened next deletes them. Thread-safe.
 */
public final class MortalBlobStore extends PassingBlobStore {
  private static final String LOCK = ".lock";

  private final KillSwitch process;
  private final Optional<Path> temporary;

  /**
   * @param store the real one; closed with this one
   * @param temporary the parent of its folder of temporary files
   */
  public MortalBlobStore(BlobStore store, KillSwitch process, Path temporary) {
    super(store);
    this.process = process;
    this.temporary = Optional.of(temporary);
  }

  /** The same over a store without temporary files. */
  public MortalBlobStore(MemoryBlobStore store, KillSwitch process) {
    super(store);
    this.process = process;
    this.temporary = Optional.empty();
  }

  private void requireAlive() throws IOException {
    if (!process.isAlive()) {
      throw new IOException("the process was killed");
    }
  }

  private void requireWrite(String key) throws IOException {
    if (!process.isWriteAllowed()) {
      throw new IOException("the process was killed before it wrote " + key);
    }
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    requireAlive();
    return store.find(key);
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    requireAlive();
    return store.open(key, from, length);
  }

  @Override
  public Spool spool() throws IOException {
    requireAlive();
    return new MortalSpool(store.spool());
  }

  @Override
  public void delete(String key) throws IOException {
    requireWrite(key);
    store.delete(key);
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    requireAlive();
    return store.list(after, most);
  }

  @Override
  public Optional<Path> localFile(String key) {
    return store.localFile(key);
  }

  @Override
  public void close() throws IOException {
    if (process.isKilled() && temporary.isPresent()) {
      leave(temporary.get());
    }
    store.close();
  }

  /** Makes the temporary files look like those of another process, before the store is closed. */
  private static void leave(Path parent) throws IOException {
    try (DirectoryStream<Path> locks = Files.newDirectoryStream(parent, "*" + LOCK)) {
      for (Path lock : locks) {
        String name = lock.getFileName().toString();
        Path folder = lock.resolveSibling(name.substring(0, name.length() - LOCK.length()));
        Path left = lock.resolveSibling("killed-" + UUID.randomUUID());
        Files.move(folder, left);
        Files.move(lock, lock.resolveSibling(left.getFileName() + LOCK));
      }
    }
  }

  private final class MortalSpool extends PassingSpool {
    MortalSpool(Spool spool) {
      super(spool);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      requireAlive();
      spool.write(bytes, offset, length);
    }

    @Override
    public void commit(String key) throws IOException {
      requireWrite(key);
      spool.commit(key);
    }

    /** A killed process doesn't delete its files. */
    @Override
    public void close() throws IOException {
      if (process.isKilled()) {
        throw new IOException("the process was killed");
      }
      spool.close();
    }
  }
}
