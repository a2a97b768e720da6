package narthex.container;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Deployed in a WAR of its own by {@link UndeploymentIT}. A request waits until as many requests as
 * its query says have arrived, so that each has a request thread of its own.
 */
public final class MeetingServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final int DEADLINE_SECONDS = 30;

  private final transient ConcurrentMap<String, CountDownLatch> meetings =
      new ConcurrentHashMap<>();

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) {
    int wanted = Integer.parseInt(request.getParameter("wanted"));
    CountDownLatch meeting =
        meetings.computeIfAbsent(
            request.getParameter("meeting"), unknown -> new CountDownLatch(wanted));
    meeting.countDown();
    try {
      boolean met = meeting.await(DEADLINE_SECONDS, TimeUnit.SECONDS);
      response.setStatus(
          met ? HttpServletResponse.SC_NO_CONTENT : HttpServletResponse.SC_REQUEST_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    }
  }
}
