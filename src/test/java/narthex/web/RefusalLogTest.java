package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import narthex.testing.HostileUploads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Log records of rejected requests. */
class RefusalLogTest {
  private static final String NARINFO = "/upload/" + "0".repeat(32) + ".narinfo";

  private final List<LogRecord> records = new CopyOnWriteArrayList<>();

  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          if (entry.getLevel().intValue() >= Level.INFO.intValue()) {
            records.add(entry);
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @Test
  void anUploadThatIsRefusedIsOneLineAndAnOddPathNone(@TempDir Path folder) throws Exception {
    Map<String, String> settings =
        Map.of("narthex.upload.enabled", "true", "narthex.upload.max-nar-size", "1KiB");
    Logger ours = Logger.getLogger("narthex");
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      ours.addHandler(listener);
      byte[] text = "no narinfo\r\n\u0007".getBytes(StandardCharsets.UTF_8);
      byte[] large = new byte[100_000];
      assertOneLine(400, http.put(NARINFO, text).statusCode());
      assertOneLine(400, http.put("/upload/nar/" + "0".repeat(52) + ".nar", text).statusCode());
      assertOneLine(400, http.put(HostileUploads.narPath(text, ".xz"), text).statusCode());
      assertOneLine(413, http.put(HostileUploads.narPath(large, ""), large).statusCode());

      for (String path : List.of("/x.narinfo", "/nar/x", "/log/x", "/serve/x/y", "/nowhere")) {
        http.get(path);
        assertEquals(List.of(), records, path);
      }
    } finally {
      ours.removeHandler(listener);
    }
  }

  private void assertOneLine(int expected, int status) {
    assertEquals(expected, status);
    assertEquals(
        1, records.size(), () -> records.stream().map(LogRecord::getMessage).toList() + "");
    LogRecord line = records.get(0);
    assertNull(line.getThrown());
    assertEquals(1, line.getMessage().lines().count());
    assertEquals(0, line.getMessage().chars().filter(c -> c < ' ').count());
    records.clear();
  }
}
