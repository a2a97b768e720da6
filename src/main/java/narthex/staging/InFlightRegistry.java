package narthex.staging;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The flights of this process. A hint: nothing is wrong when one is missing. Thread-safe. */
public final class InFlightRegistry {
  private final ConcurrentMap<Flight.Key, Flight> flights = new ConcurrentHashMap<>();

  /** Enters the flight, unless there is one like it. Returns the one that counts. */
  public Flight claim(Flight flight) {
    Flight first = flights.putIfAbsent(flight.key(), flight);
    return first == null ? flight : first;
  }

  /** The flight with this key, if there is one now. */
  public Optional<Flight> find(Flight.Key key) {
    return Optional.ofNullable(flights.get(key));
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
