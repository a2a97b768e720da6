package narthex.db;

import java.util.Locale;

/** The form of a stored representation. */
public enum Form {
  /** The compressed file as it came, byte for byte. */
  WHOLE,
  /** Chunks in packs, each a zstd frame; NARs share equal chunks. */
  CHUNKED;

  String columnText() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Form ofColumnText(String text) {
    for (Form form : values()) {
      if (form.columnText().equals(text)) {
        return form;
      }
    }
    throw new IllegalArgumentException("unknown form '" + text + "'");
  }
}
