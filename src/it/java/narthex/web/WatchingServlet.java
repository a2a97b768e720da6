package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Deployed with the WAR by {@code LeavingClientIT}. Depending on {@code what} in the query, a
 * request
 *
 * <ul>
 *   <li>{@code work}s until its client has left,
 *   <li>waits until the work of this {@code id} has {@code begun} or has {@code ended} so,
 *   <li>{@code look}s many times whether its client has left, and says what it saw,
 *   <li>{@code watch}es its client until another request lets it {@code go}, and says what it saw.
 * </ul>
 */
public final class WatchingServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final long DEADLINE_SECONDS = 30;
  private static final int LOOKS = 1000;

  private final transient ConcurrentMap<String, CountDownLatch> events = new ConcurrentHashMap<>();

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) {
    String id = request.getParameter("id");
    String what = request.getParameter("what");
    switch (what) {
      case "work" -> work(id, request);
      case "look" -> look(new CountDownLatch(0), request, response);
      case "watch" -> {
        event("begun", id).countDown();
        look(event("go", id), request, response);
      }
      case "go" -> {
        event("go", id).countDown();
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      }
      default -> await(event(what, id), response);
    }
  }

  private CountDownLatch event(String what, String id) {
    return events.computeIfAbsent(what + " " + id, unknown -> new CountDownLatch(1));
  }

  private void work(String id, HttpServletRequest request) {
    event("begun", id).countDown();
    long start = System.nanoTime();
    while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS)) {
      if (ServerRequest.isClientGone(request)) {
        event("ended", id).countDown();
        return;
      }
    }
  }

  private static void look(
      CountDownLatch go, HttpServletRequest request, HttpServletResponse response) {
    long start = System.nanoTime();
    boolean gone = false;
    do {
      gone |= ServerRequest.isClientGone(request);
    } while (go.getCount() > 0
        && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS));
    for (int i = 0; i < LOOKS; i++) {
      gone |= ServerRequest.isClientGone(request);
    }
    response.setHeader("Gone", Boolean.toString(gone));
    response.setContentLength(0);
  }

  private static void await(CountDownLatch event, HttpServletResponse response) {
    try {
      boolean happened = event.await(DEADLINE_SECONDS, TimeUnit.SECONDS);
      response.setStatus(
          happened ? HttpServletResponse.SC_NO_CONTENT : HttpServletResponse.SC_REQUEST_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    }
  }
}
