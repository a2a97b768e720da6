package narthex.web;

import java.util.List;

/**
 * Learns of every request that has ended. Threads of the server call it, so it must be thread-safe,
 * return at once, and throw nothing.
 */
@FunctionalInterface
public interface RequestObserver {
  /** Ignores all requests. */
  RequestObserver NONE = request -> {};

  /** A request has ended. */
  void finished(FinishedRequest request);

  /** Returns an observer that passes each request on to all of these, in this order. */
  static RequestObserver all(List<RequestObserver> observers) {
    RequestObserver[] each = observers.toArray(RequestObserver[]::new);
    return request -> {
      for (RequestObserver observer : each) {
        observer.finished(request);
      }
    };
  }
}
