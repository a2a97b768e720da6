package narthex.maintain;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;
import narthex.nix.OneLine;
import narthex.staging.Flight;
import narthex.staging.Flights;
import narthex.upstream.UpstreamState;
import narthex.upstream.Upstreams;
import org.jspecify.annotations.Nullable;

/**
 * What this server does at the moment, for an administrator's page: as maps, lists, texts, numbers
 * and booleans. Thread-safe; reads no large table and waits for no upstream.
 */
public final class ServerState {
  /** Flights that are shown; with more, the others are only counted. */
  private static final int MOST_FLIGHTS = 100;

  /**
   * What is going on.
   *
   * @param flights the NARs that are coming in
   * @param jobs long work that an administrator has asked for
   * @param chores the background work
   * @param problems the last lines of the log that tell of problems
   */
  public record Activity(
      Flights flights, Jobs jobs, Supplier<List<ChoreState>> chores, RecentProblems problems) {}

  /**
   * The space of the blob store.
   *
   * @param limits how much it may take
   * @param free the free bytes of its file system; none if it has no file system
   */
  public record Room(Eviction.Limits limits, FreeBytes free) {}

  /** Knows the free bytes of a file system. */
  @FunctionalInterface
  public interface FreeBytes {
    /** Returns the free bytes; empty if there is no file system. */
    OptionalLong read() throws IOException;
  }

  private final Statistics.Source server;
  private final Activity activity;
  private final Upstreams upstreams;
  private final Room room;
  private final RecentStatistics statistics;
  private final InstantSource clock;

  /**
   * @param server adds figures about the server, such as its version
   */
  public ServerState(
      Statistics.Source server,
      Activity activity,
      Upstreams upstreams,
      Room room,
      RecentStatistics statistics,
      InstantSource clock) {
    this.server = server;
    this.activity = activity;
    this.upstreams = upstreams;
    this.room = room;
    this.statistics = statistics;
    this.clock = clock;
  }

  /** Returns figures about what is stored, which may be a little old; null if not known yet. */
  public RecentStatistics.@Nullable Figures figures() {
    return statistics.read();
  }

  /**
   * Reads everything.
   *
   * @throws IOException if a figure about the server can't be read
   */
  public Map<String, Object> read() throws IOException {
    Map<String, Object> state = new LinkedHashMap<>();
    server.addTo(state);
    state.put("now", clock.instant().toString());
    state.put("storage", storage());
    List<Flight> flights = activity.flights().list();
    state.put("flightCount", flights.size());
    state.put("flights", flights(flights));
    state.put("upstreams", upstreams.states().stream().map(ServerState::upstream).toList());
    state.put("jobs", activity.jobs().running());
    state.put("chores", activity.chores().get().stream().map(ServerState::chore).toList());
    state.put("problems", activity.problems().list().stream().map(ServerState::problem).toList());
    return state;
  }

  private Map<String, Object> storage() {
    Map<String, Object> storage = new LinkedHashMap<>();
    put(storage, "limitBytes", room.limits().maxBytes());
    put(storage, "leastFreeBytes", room.limits().minFreeBytes());
    try {
      put(storage, "freeBytes", room.free().read());
    } catch (IOException e) {
      storage.put("problem", OneLine.reason(e));
    }
    RecentStatistics.Figures figures = statistics.read();
    if (figures != null) {
      storage.put("countedAt", figures.at().toString());
      storage.put("figures", figures.values());
    }
    return storage;
  }

  private static void put(Map<String, Object> map, String name, OptionalLong value) {
    if (value.isPresent()) {
      map.put(name, value.getAsLong());
    }
  }

  private static List<Map<String, Object>> flights(List<Flight> flights) {
    List<Flight> oldest = new ArrayList<>(flights);
    oldest.sort(Comparator.comparing(Flight::age).reversed());
    return oldest.stream().limit(MOST_FLIGHTS).map(ServerState::flight).toList();
  }

  private static Map<String, Object> flight(Flight flight) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("direction", word(flight.about().direction()));
    shown.put("name", flight.about().name());
    shown.put("seconds", flight.age().toSeconds());
    flight
        .transfer()
        .ifPresent(
            transfer -> {
              shown.put("source", transfer.source());
              shown.put("arrivedBytes", transfer.arrivedBytes().getAsLong());
              put(shown, "sizeBytes", transfer.sizeBytes());
            });
    return shown;
  }

  private static Map<String, Object> upstream(UpstreamState state) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("url", state.base());
    shown.put("use", word(state.use()));
    shown.put("text", state.text());
    if (state.latency() != null) {
      shown.put("latencyMillis", state.latency().toMillis());
    }
    return shown;
  }

  private static Map<String, Object> chore(ChoreState state) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("name", state.name());
    shown.put("running", state.running());
    shown.put("finished", state.finished());
    shown.put("failed", state.failed());
    Instant finishedAt = state.finishedAt();
    if (finishedAt != null) {
      shown.put("finishedAt", finishedAt.toString());
    }
    if (state.lastFailure() != null) {
      shown.put("lastFailure", state.lastFailure());
    }
    return shown;
  }

  private static Map<String, Object> problem(RecentProblems.Problem problem) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("at", problem.at().toString());
    shown.put("level", word(problem.level()));
    shown.put("text", problem.text());
    return shown;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
