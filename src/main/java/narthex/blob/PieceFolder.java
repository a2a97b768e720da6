package narthex.blob;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder with files of pieces, of limited size; those that were not used for the longest time are
 * deleted first. The names of the files say what they hold, so that the next start finds them
 * again. A file gets its name when it is complete. Thread-safe.
 */
final class PieceFolder {
  private static final System.Logger LOG = System.getLogger(PieceFolder.class.getName());
  private static final Pattern NAME = Pattern.compile("(.+)@([0-9]{1,12})-([0-9]{1,18})");
  private static final String TEMPORARY = "new-";

  private final Path folder;
  private final long pieceBytes;
  private final long mostBytes;
  private final BlockPool blocks = new BlockPool();
  private final AtomicLong temporaries = new AtomicLong();
  private final Object lock = new Object();

  /** By last use, the oldest first; guarded by lock. */
  private final Map<Piece, Long> blobBytes = new LinkedHashMap<>(16, 0.75f, true);

  /** Of all files, and of those that are being written; guarded by lock. */
  private long usedBytes;

  private PieceFolder(Path folder, long pieceBytes, long mostBytes) {
    this.folder = folder;
    this.pieceBytes = pieceBytes;
    this.mostBytes = mostBytes;
  }

  /**
   * Opens the folder, and creates it if it doesn't exist. Deletes files that are incomplete or too
   * many.
   *
   * @param pieceBytes length of a piece
   * @param mostBytes limit of the length of all files
   */
  static PieceFolder open(Path folder, long pieceBytes, long mostBytes) throws IOException {
    PieceFolder opened = new PieceFolder(Files.createDirectories(folder), pieceBytes, mostBytes);
    opened.readAll();
    return opened;
  }

  private record Found(Piece piece, long blobBytes, long modifiedMillis) {}

  private void readAll() throws IOException {
    List<Found> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Optional<Found> piece = read(file);
        piece.ifPresent(found::add);
        if (piece.isEmpty()) {
          Files.deleteIfExists(file);
        }
      }
    }
    found.sort(Comparator.comparingLong(Found::modifiedMillis));
    for (Found one : found) {
      if (reserve(length(one.piece(), one.blobBytes()))) {
        synchronized (lock) {
          blobBytes.put(one.piece(), one.blobBytes());
        }
      } else {
        Files.deleteIfExists(file(one.piece(), one.blobBytes()));
      }
    }
  }

  /** What a file holds; empty if it is no complete piece. */
  private Optional<Found> read(Path file) throws IOException {
    Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
    if (!name.matches()) {
      return Optional.empty();
    }
    Piece piece = new Piece(decode(name.group(1)), Long.parseLong(name.group(2)));
    long blob = Long.parseLong(name.group(3));
    long length = length(piece, blob);
    boolean isComplete = length > 0 && Files.size(file) == PieceFile.fileBytes(length);
    return isComplete
        ? Optional.of(new Found(piece, blob, Files.getLastModifiedTime(file).toMillis()))
        : Optional.empty();
  }

  /** The length of a piece of a blob of this length; 0 or less if there is no such piece. */
  long length(Piece piece, long blobBytes) {
    return Math.min(pieceBytes, blobBytes - piece.index() * pieceBytes);
  }

  /** Finds the length of the blob of a stored piece, and notes that the piece is used. */
  OptionalLong findBlobBytes(Piece piece) {
    synchronized (lock) {
      Long found = blobBytes.get(piece);
      return found == null ? OptionalLong.empty() : OptionalLong.of(found);
    }
  }

  /** The file of a stored piece. */
  Path file(Piece piece, long blobBytes) {
    return folder.resolve(piece.key().replace('/', '+') + "@" + piece.index() + "-" + blobBytes);
  }

  private static String decode(String name) {
    return name.replace('+', '/');
  }

  /** The buffers for reading files. */
  BlockPool blocks() {
    return blocks;
  }

  /** A new path for a file that isn't complete yet. */
  Path newFile() {
    return folder.resolve(TEMPORARY + temporaries.incrementAndGet());
  }

  /**
   * Makes room for a piece.
   *
   * @return false if there is not enough room
   */
  boolean reserve(long pieceLength) {
    long bytes = PieceFile.fileBytes(pieceLength);
    if (bytes > mostBytes) {
      return false;
    }
    List<Path> victims = new ArrayList<>();
    boolean fits;
    synchronized (lock) {
      var oldest = blobBytes.entrySet().iterator();
      while (usedBytes + bytes > mostBytes && oldest.hasNext()) {
        Map.Entry<Piece, Long> victim = oldest.next();
        usedBytes -= fileBytes(victim.getKey(), victim.getValue());
        victims.add(file(victim.getKey(), victim.getValue()));
        oldest.remove();
      }
      fits = usedBytes + bytes <= mostBytes; // else all of it is being written
      usedBytes += fits ? bytes : 0;
    }
    victims.forEach(PieceFolder::delete);
    return fits;
  }

  /** Gives back the room of a piece that was not stored. */
  void release(long pieceLength) {
    synchronized (lock) {
      usedBytes -= PieceFile.fileBytes(pieceLength);
    }
  }

  /** Stores a complete file, for which room was made. */
  void publish(Path complete, Piece piece, long blob) throws IOException {
    Files.move(complete, file(piece, blob), StandardCopyOption.ATOMIC_MOVE);
    synchronized (lock) {
      Long before = blobBytes.put(piece, blob);
      if (before != null) {
        usedBytes -= fileBytes(piece, before);
      }
    }
  }

  /** Deletes a piece, if it is stored. */
  void remove(Piece piece) {
    Long blob;
    synchronized (lock) {
      blob = blobBytes.remove(piece);
      if (blob != null) {
        usedBytes -= fileBytes(piece, blob);
      }
    }
    if (blob != null) {
      delete(file(piece, blob));
    }
  }

  /** Deletes all pieces of a blob. */
  void removeBlob(String key) {
    List<Piece> pieces;
    synchronized (lock) {
      pieces = blobBytes.keySet().stream().filter(piece -> piece.key().equals(key)).toList();
    }
    pieces.forEach(this::remove);
  }

  private long fileBytes(Piece piece, long blob) {
    return PieceFile.fileBytes(length(piece, blob));
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cached piece not deleted file={0} reason={1}",
          file,
          e.toString());
    }
  }
}
