package narthex.staging;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The flights of this process. A hint: nothing is wrong when one is missing. Thread-safe. */
public final class InFlightRegistry {
  private final ConcurrentMap<Flight.Key, Flight> flights = new ConcurrentHashMap<>();

  /**
   * Enters the flight, unless there is one like it that may still succeed. Returns the one that
   * counts; it waits for the caller's {@link Boarding#boarded}.
   */
  public Flight claim(Flight flight) {
    return flights.compute(
        flight.key(),
        (key, first) -> {
          Flight counting = first == null || first.isFailing() ? flight : first;
          counting.boarding().expect();
          return counting;
        });
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
