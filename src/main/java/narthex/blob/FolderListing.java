package narthex.blob;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Lists one page of the files below a folder, sorted by key. Keeps the names of one folder per
 * level in memory. For one use and one thread.
 */
final class FolderListing {
  private final String after;
  private final int most;
  private final List<ListedBlob> page = new ArrayList<>();

  /** A file or folder; the key of a folder ends with a slash. */
  private record Entry(Path path, String key) {
    boolean isFolder() {
      return key.endsWith("/");
    }
  }

  /**
   * @param after list only files with greater keys
   * @param most longest list
   */
  FolderListing(String after, int most) {
    this.after = after;
    this.most = most;
  }

  /** Lists the files below this folder, to which all keys are relative. */
  List<ListedBlob> below(Path root) throws IOException {
    add(root, "");
    return page;
  }

  private void add(Path folder, String prefix) throws IOException {
    for (Entry entry : entries(folder, prefix)) {
      if (page.size() == most) {
        return;
      }
      if (entry.isFolder()) {
        add(entry.path(), entry.key());
      } else {
        addFile(entry);
      }
    }
  }

  /** The entries of a folder from {@code after} on; the slash sorts folders like their files. */
  private List<Entry> entries(Path folder, String prefix) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
      for (Path child : children) {
        boolean isFolder = Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS);
        String key = prefix + child.getFileName() + (isFolder ? "/" : "");
        boolean isPassed = key.compareTo(after) <= 0 && !(isFolder && after.startsWith(key));
        if (!isPassed) {
          entries.add(new Entry(child, key));
        }
      }
    } catch (NoSuchFileException | NotDirectoryException gone) {
      if (prefix.isEmpty()) {
        throw gone;
      }
    }
    entries.sort(Comparator.comparing(Entry::key));
    return entries;
  }

  private void addFile(Entry file) throws IOException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(file.path(), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isRegularFile() && BlobKeys.isKey(file.key())) {
        page.add(
            new ListedBlob(
                file.key(), attributes.size(), attributes.lastModifiedTime().toInstant()));
      }
    } catch (NoSuchFileException deleted) {
      // A blob that is deleted meanwhile may be missing.
    }
  }
}
