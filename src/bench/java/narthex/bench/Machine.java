package narthex.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The machine that a run is measured on, and what else it does meanwhile. */
public final class Machine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm", Locale.ENGLISH);

  private final String loadBefore = load();

  /** Returns one line: the time, the machine, and its load at the start of the run and now. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "%s UTC; %s %s %s, %d processors; Java %s; load of the machine %s before and %s after the"
            + " run",
        TIME.format(ZonedDateTime.now(ZoneOffset.UTC)),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.runtime.version"),
        loadBefore,
        load());
  }

  private static String load() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    } catch (IOException unknown) {
      return "?";
    }
  }
}
