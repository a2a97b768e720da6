package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class OneLineFormatterTest {

  @Test
  void numbersAreNotWrittenInTheLanguageOfTheMachine() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("fa-IR"));
      String line = line("nar stored size={0} fileSize={1} of={9}", 1_234_567L, 30);

      assertTrue(line.endsWith(" nar stored size=1234567 fileSize=30 of={9}\n"), line);
      assertTrue(line.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}T.*\n"), line);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aFactIsNoPlaceForAnotherFactAndNoNewLine() {
    String line = line("narinfo refused reason={0}", "{1} $1 it's\nforged");

    assertTrue(line.endsWith(" narinfo refused reason={1} $1 it's\\nforged\n"), line);
    assertEquals(1, line.lines().count());
  }

  @Test
  void anErrorOfJGroupsIsOneLineWithItsCauses() {
    String line = error("org.jgroups.protocols.JDBC_PING2");

    assertTrue(
        line.endsWith(
            " ERROR org.jgroups.protocols.JDBC_PING2 failed reading from the DB"
                + " cause=java.io.IOException: no connection"
                + " cause=java.net.ConnectException: refused\n"),
        line);
    assertEquals(1, line.lines().count());
  }

  @Test
  void anotherErrorHasItsStackTrace() {
    String lines = error("narthex.test");

    assertTrue(lines.contains("    java.io.IOException: no connection\n"), lines);
    assertTrue(lines.contains("    Caused by: java.net.ConnectException: refused\n"), lines);
  }

  private static String error(String logger) {
    LogRecord event = new LogRecord(Level.SEVERE, "failed reading from the DB");
    event.setLoggerName(logger);
    event.setThrown(new IOException("no connection", new ConnectException("refused")));
    return new OneLineFormatter().format(event);
  }

  private static String line(String text, Object... facts) {
    LogRecord event = new LogRecord(Level.INFO, text);
    event.setLoggerName("narthex.test");
    event.setParameters(facts);
    return new OneLineFormatter().format(event);
  }
}
