package narthex.staging;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The flights of this process. A hint: nothing is wrong when one is missing. Thread-safe. */
public final class InFlightRegistry {
  private final ConcurrentMap<Flight.Key, Flight> flights = new ConcurrentHashMap<>();

  /**
   * Enters the flight, unless there is one like it that may still succeed. Returns the one that
   * counts.
   */
  public Flight claim(Flight flight) {
    return flights.merge(flight.key(), flight, (first, next) -> first.isFailing() ? next : first);
  }

  /** The flight with this key, if there is one now that may still succeed. */
  public Optional<Flight> find(Flight.Key key) {
    return Optional.ofNullable(flights.get(key)).filter(flight -> !flight.isFailing());
  }

  /** Takes out this very flight. */
  public void release(Flight flight) {
    flights.remove(flight.key(), flight);
  }

  /** How many flights there are now. */
  public int size() {
    return flights.size();
  }
}
