package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import narthex.standalone.JobReport.Style;
import org.junit.jupiter.api.Test;

class JobReportTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private JobReport report(Style style) {
    return new JobReport("fsck", style, new PrintWriter(out), new PrintWriter(err));
  }

  private int show(Style style, String... lines) throws IOException {
    JobReport report = report(style);
    for (String line : lines) {
      report.show(line);
    }
    return report.end();
  }

  @Test
  void aResultIsTextOnTheOutputAndProgressIsBesideIt() throws Exception {
    int status =
        show(
            Style.PLAIN,
            "{\"step\":\"packs\",\"done\":1,\"total\":40}",
            "{\"step\":\"packs\",\"done\":2,\"total\":40}",
            "{\"tell\":\"pack \\\"a\\\" is damaged\",\"later\":[{}]}",
            "{\"step\":\"blobs\",\"done\":7,\"total\":0}",
            "{\"verdict\":\"done\",\"result\":{\"packs\":40,\"freedBytes\":5242880,\"place\":\"x\"}}");

    assertEquals(0, status);
    assertEquals(
        "pack \"a\" is damaged\npacks: 40\nfreedBytes: 5242880 (5.0 MiB)\nplace: x\n",
        out.toString());
    assertEquals("packs: 1 of 40\nblobs: 7\n", err.toString());
  }

  @Test
  void aTerminalGetsABarThatMakesRoomForOtherLines() throws Exception {
    show(
        Style.TERMINAL,
        "{\"step\":\"packs\",\"done\":20,\"total\":40}",
        "{\"verdict\":\"done\",\"result\":{}}");

    assertEquals(
        "\r\u001b[K[" + "#".repeat(15) + "-".repeat(15) + "] packs: 20 of 40\r\u001b[K",
        err.toString());
  }

  @Test
  void jsonGoesThroughAsItIs() throws Exception {
    String[] lines = {
      "{\"step\":\"packs\",\"done\":1,\"total\":40}", "{\"new\":1}", "{\"error\":\"the disk\"}"
    };

    assertEquals(1, show(Style.JSON, lines));
    assertEquals(String.join("\n", lines) + "\n", out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void theStatusTellsHowItEnded() throws Exception {
    assertEquals(0, show(Style.PLAIN, "{\"verdict\":\"done\",\"result\":{}}"));
    assertEquals(3, show(Style.PLAIN, "{\"verdict\":\"problems\",\"result\":{}}"));
    assertEquals(3, show(Style.PLAIN, "{\"verdict\":\"unfinished\",\"result\":{}}"));
    assertEquals(1, show(Style.PLAIN, "{\"error\":\"the disk\"}"));
    assertEquals(1, show(Style.PLAIN, "{\"step\":\"packs\",\"done\":1,\"total\":40}"));
    assertEquals(
        "narthex fsck: problems\nnarthex fsck: unfinished\nnarthex fsck: the disk\n"
            + "packs: 1 of 40\nnarthex fsck: the answer was broken off before the end\n",
        err.toString());
  }

  @Test
  void whatIsNoLineOfAJobIsRefused() {
    for (String line : new String[] {"", "<html>", "[1]", "{\"step\":"}) {
      assertThrows(IOException.class, () -> report(Style.JSON).show(line), line);
    }
  }
}
