package narthex.wiring;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import narthex.settings.SettingsException;

/** Opens what a setting names. If that fails, the start ends with one line that names it. */
final class Opening {
  private Opening() {}

  /**
   * What is opened.
   *
   * @param <T> its type
   */
  @FunctionalInterface
  interface Step<T> {
    T open() throws IOException;
  }

  /**
   * Opens it.
   *
   * @param setting the name of the setting that an operator would have to change
   * @throws SettingsException if it cannot be opened; the message says why
   */
  static <T> T of(String setting, Step<T> step) {
    try {
      return step.open();
    } catch (IOException e) {
      throw new SettingsException(setting, null, reason(e));
    }
  }

  /**
   * Returns why something failed, in one line: some file systems name the file and nothing else.
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
      return "is no folder";
    }
    return failure.getClass().getSimpleName();
  }
}
