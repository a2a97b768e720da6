package narthex.wiring;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import narthex.settings.SettingsException;

/**
 * Opens resources that settings name. A failure becomes a {@link SettingsException}, a one-line
 * message that names the setting.
 */
final class Opening {
  private Opening() {}

  /**
   * Opens a resource.
   *
   * @param <T> the type of the resource
   */
  @FunctionalInterface
  interface Step<T> {
    T open() throws IOException;
  }

  /**
   * Opens a resource.
   *
   * @param setting the name of the setting that names the resource
   * @throws SettingsException if the step throws an {@link IOException}
   */
  static <T> T of(String setting, Step<T> step) {
    try {
      return step.open();
    } catch (IOException e) {
      throw new SettingsException(setting, null, reason(e));
    }
  }

  /**
   * Returns the reason of a failure. The message of some file system exceptions is just the path;
   * the kind of failure is added to it.
   */
  static String reason(IOException failure) {
    String text = String.valueOf(failure.getMessage());
    if (failure instanceof FileSystemException file && file.getReason() == null) {
      return file.getFile() + ": " + kind(file);
    }
    return text.equals("null") ? failure.toString() : text;
  }

  private static String kind(FileSystemException failure) {
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return "is not a folder";
    }
    return failure.getClass().getSimpleName();
  }
}
