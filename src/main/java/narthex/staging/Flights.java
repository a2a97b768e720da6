package narthex.staging;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The flights of this process. Only a hint: a missing entry costs a second download, never data.
 * Thread-safe.
 */
public final class Flights {
  private final ConcurrentMap<Flight.Key, Flight> flights = new ConcurrentHashMap<>();

  /**
   * Adds the flight, unless there is one with the same key that hasn't failed. Returns the
   * registered flight, with the caller counted as a reader: it must call {@link Boarding#boarded}
   * once.
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

  /**
   * Adds a flight whose bytes are arriving, in place of one with the same key whose bytes aren't:
   * that one may never get any, and its readers stay with it.
   *
   * @return false, without a change, if bytes of the other one are arriving
   */
  public boolean offer(Flight coming) {
    return flights.compute(
            coming.key(), (key, first) -> first == null || !first.isComing() ? coming : first)
        == coming;
  }

  /** Whether new readers join this flight. */
  public boolean counts(Flight flight) {
    return flights.get(flight.key()) == flight;
  }

  /** The flight with this key, if there is one that hasn't failed. */
  public Optional<Flight> find(Flight.Key key) {
    return Optional.ofNullable(flights.get(key)).filter(flight -> !flight.isFailing());
  }

  /** Removes this flight; does nothing if another one has replaced it. */
  public void release(Flight flight) {
    flights.remove(flight.key(), flight);
  }

  /** The flights now, in no particular order. */
  public List<Flight> list() {
    return List.copyOf(flights.values());
  }

  /** Number of flights now. */
  public int size() {
    return flights.size();
  }
}
