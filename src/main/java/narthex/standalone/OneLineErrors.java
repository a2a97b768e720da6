package narthex.standalone;

import java.io.IOException;
import java.io.Writer;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;

/**
 * Replaces Tomcat's HTML error pages by one line of text, for requests that Tomcat refuses before
 * the web application sees them.
 */
public final class OneLineErrors extends ErrorReportValve {
  private static final int FIRST_ERROR = 400;
  private static final int FIRST_SERVER_ERROR = 500;

  @Override
  protected void report(Request request, Response response, @Nullable Throwable failure) {
    int status = response.getStatus();
    if (status < FIRST_ERROR || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    try {
      response.setContentType("text/plain");
      response.setCharacterEncoding("utf-8");
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("X-Content-Type-Options", "nosniff");
      Writer writer = response.getReporter();
      if (writer != null) {
        writer.write(status >= FIRST_SERVER_ERROR ? "internal error\n" : "bad request\n");
        response.finishResponse();
      }
    } catch (IOException | IllegalStateException gone) {
      return; // the client has left
    }
  }
}
