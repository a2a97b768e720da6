package narthex.db;

import java.util.Locale;

/** In which form a NAR is stored. */
public enum Form {
  /** One compressed file, byte for byte. */
  WHOLE,
  /** Chunks in packs, each a zstd frame, which other NARs may share. */
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
    throw new IllegalArgumentException("form '" + text + "' is unknown");
  }
}
