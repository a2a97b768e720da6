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
 * One page of the files below a folder, in the order of their keys. Holds the names of one folder
 * per level at a time. For one thread.
 */
final class FolderListing {
  private final String after;
  private final int most;
  private final List<ListedBlob> page = new ArrayList<>();

  /** A file, or a folder, whose key then ends in a slash. */
  private record Entry(Path path, String key) {
    boolean isFolder() {
      return key.endsWith("/");
    }
  }

  /**
   * @param after only files with greater keys
   * @param most how many at most
   */
  FolderListing(String after, int most) {
    this.after = after;
    this.most = most;
  }

  /** Lists what is below this folder, which is the root of all keys. */
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

  /** A folder sorts as its files do: by its name and a slash. */
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
      // meanwhile, which is as good as before
    }
  }
}
