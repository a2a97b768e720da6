package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.maintain.JobRefusedException.Reason;
import narthex.staging.LocalRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class JobsTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** A job named "try". */
  private record Try(Work work) implements Job {
    @Override
    public String name() {
      return "try";
    }

    @Override
    public Work prepare(JobOptions options) {
      return work;
    }
  }

  /** Keeps all lines. */
  private static final class Lines implements JobRun.Reader {
    final List<String> all = new ArrayList<>();

    @Override
    public void read(List<String> lines) {
      all.addAll(lines);
    }

    @Override
    public void look() {
      // the reader stays
    }
  }

  private Jobs jobs(Job.Work work) {
    return new Jobs(List.of(new Try(work)), threads);
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void everythingToldIsReadAndOfTheProgressSome() throws Exception {
    int count = 50_000;
    Jobs jobs =
        jobs(
            progress -> {
              for (int i = 1; i <= count; i++) {
                progress.at("items", i, count);
                if (i % 10 == 0) {
                  progress.tell("item " + i);
                }
              }
              return JobResult.of(JobResult.Verdict.DONE);
            });
    Lines lines = new Lines();

    jobs.start("try", Map.of()).follow(lines);

    List<String> told = lines.all.stream().filter(line -> line.contains("tell")).toList();
    long steps = lines.all.stream().filter(line -> line.contains("step")).count();
    assertEquals(count / 10, told.size());
    assertEquals("{\"tell\":\"item " + count + "\"}", told.get(told.size() - 1));
    assertTrue(steps >= 1 && steps < count / 100, steps + " steps");
    assertEquals(
        List.of(
            "{\"step\":\"items\",\"done\":" + count + ",\"total\":" + count + "}",
            "{\"verdict\":\"done\",\"result\":{}}"),
        lines.all.subList(lines.all.size() - 2, lines.all.size()));
  }

  @Test
  void aReaderThatFailsStopsTheJob() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Jobs jobs =
        jobs(
            progress -> {
              while (!progress.isStopped()) {
                progress.tell("more than anybody reads");
              }
              ended.countDown();
              return JobResult.of(JobResult.Verdict.UNFINISHED);
            });
    JobRun run = jobs.start("try", Map.of());

    assertThrows(
        IOException.class,
        () ->
            run.follow(
                new JobRun.Reader() {
                  @Override
                  public void read(List<String> lines) throws IOException {
                    throw new IOException("gone");
                  }

                  @Override
                  public void look() {
                    // only reading fails
                  }
                }));
    ended.await();
  }

  @Test
  void aServerThatStopsEndsItsJobsAndBeginsNone() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    Jobs jobs =
        jobs(
            progress -> {
              running.countDown();
              while (!progress.isStopped()) {
                Thread.onSpinWait();
              }
              return JobResult.of(JobResult.Verdict.UNFINISHED);
            });
    Lines lines = new Lines();
    JobRun run = jobs.start("try", Map.of());
    running.await();

    jobs.stop();
    run.follow(lines);

    assertEquals("{\"verdict\":\"unfinished\",\"result\":{}}", lines.all.get(lines.all.size() - 1));
    JobRefusedException refused =
        assertThrows(JobRefusedException.class, () -> jobs.start("try", Map.of()));
    assertEquals(Reason.STOPPING, refused.reason());
  }

  @Test
  void anErrorOfTheProgramEndsTheJobWithItsReason() throws Exception {
    Jobs jobs =
        jobs(
            progress -> {
              throw new IllegalStateException("a mistake");
            });
    Lines lines = new Lines();

    jobs.start("try", Map.of()).follow(lines);

    assertEquals(List.of("{\"error\":\"a mistake\"}"), lines.all);
    jobs.start("try", Map.of()).follow(lines);
  }

  @Test
  void aJobForTheWholeStoreRunsOnOneReplica(@TempDir Path folder) throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("narthex.db");
    LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
    CountDownLatch go = new CountDownLatch(1);
    try (Database database = Database.open(new DatabaseAddress(url, null, null, null));
        DatabaseLeases leasesOfA = leases(database, board, "a");
        DatabaseLeases leasesOfB = leases(database, board, "b")) {
      Jobs a = wholeStore(go, leasesOfA);
      Jobs b = wholeStore(go, leasesOfB);
      Lines lines = new Lines();
      JobRun run = a.start("whole", Map.of());

      JobRefusedException refused =
          assertThrows(JobRefusedException.class, () -> b.start("whole", Map.of()));

      assertEquals(Reason.RUNNING, refused.reason());
      assertEquals("the job whole is running on the replica a", refused.getMessage());
      go.countDown();
      run.follow(lines);
      b.start("whole", Map.of()).follow(lines);
      a.start("whole", Map.of()).follow(lines);
    }
  }

  /** Leases that are always ours. */
  private static Leases leases(Consumer<String> whenTaken) {
    return new Leases() {
      @Override
      public boolean isOurs(String chore) {
        return true;
      }

      @Override
      public Optional<String> take(String work) {
        whenTaken.accept(work);
        return Optional.empty();
      }
    };
  }

  @Test
  void workOnOneThingRunsBesideTheJobForTheWholeStore() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicReference<String> taken = new AtomicReference<>("");
    Jobs jobs = wholeStore(go, leases(work -> taken.updateAndGet(before -> before + work)));
    List<JobRun> runs = new ArrayList<>();
    for (Map<String, String> options :
        List.of(Map.<String, String>of(), Map.of("path", "a"), Map.of("path", "b"))) {
      runs.add(jobs.start("whole", options));
      JobRefusedException refused =
          assertThrows(JobRefusedException.class, () -> jobs.start("whole", options));
      assertEquals("the job whole is running already", refused.getMessage());
    }

    assertEquals("job whole", taken.get());
    assertEquals(
        Arrays.asList(null, "a", "b"),
        jobs.running().stream().map(job -> job.get("target")).toList());
    go.countDown();
    for (JobRun run : runs) {
      run.follow(new Lines());
    }
    assertEquals(List.of(), jobs.running());
  }

  @Test
  void aLeaseThatIsReleasedWhileItIsRenewedStaysReleased(@TempDir Path folder) throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("narthex.db");
    LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
    AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
    InstantSource clock =
        () -> {
          meanwhile.getAndSet(() -> {}).run();
          return Instant.EPOCH;
        };
    try (Database database = Database.open(new DatabaseAddress(url, null, null, null));
        DatabaseLeases a =
            new DatabaseLeases(database.leases(), new LocalRegistry(board, "a"), clock);
        DatabaseLeases b =
            new DatabaseLeases(database.leases(), new LocalRegistry(board, "b"), clock)) {
      assertEquals(Optional.empty(), a.take("job"));
      assertEquals(Optional.of("a"), b.take("job"));
      meanwhile.set(() -> a.release("job")); // a has chosen what to renew

      a.renew();

      assertEquals(Optional.empty(), b.take("job"));
    }
  }

  @Test
  void aJobWhoseLeaseCannotBeAskedForMayBeginLater() throws Exception {
    CountDownLatch go = new CountDownLatch(0);
    AtomicBoolean fails = new AtomicBoolean(true);
    Jobs jobs =
        wholeStore(
            go,
            leases(
                work -> {
                  if (fails.get()) {
                    throw new IllegalStateException("a mistake");
                  }
                }));

    assertThrows(IllegalStateException.class, () -> jobs.start("whole", Map.of()));
    fails.set(false);
    jobs.start("whole", Map.of()).follow(new Lines());
  }

  private static DatabaseLeases leases(
      Database database, LocalRegistry.Board board, String replica) {
    return new DatabaseLeases(
        database.leases(), new LocalRegistry(board, replica), InstantSource.system());
  }

  private Jobs wholeStore(CountDownLatch go, Leases leases) {
    Job job =
        new Job() {
          @Override
          public String name() {
            return "whole";
          }

          @Override
          public boolean isForWholeStore() {
            return true;
          }

          @Override
          public Optional<String> target(JobOptions options) throws JobRefusedException {
            return options.text("path");
          }

          @Override
          public Work prepare(JobOptions options) {
            return progress -> {
              try {
                go.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return JobResult.of(JobResult.Verdict.DONE);
            };
          }
        };
    Jobs jobs = new Jobs(List.of(job), threads);
    jobs.share(leases);
    return jobs;
  }

  @Test
  void optionsAreReadAsPeopleWriteThem() throws Exception {
    JobOptions options =
        new JobOptions(
            Map.of("deep", "", "fast", "true", "slow", "false", "to", "2MiB", "for", "30d"));

    assertTrue(options.isSet("deep") && options.isSet("fast"));
    assertFalse(options.isSet("slow") || options.isSet("other"));
    assertEquals(OptionalLong.of(2 << 20), options.bytes("to"));
    assertEquals(OptionalLong.empty(), options.bytes("from"));
    assertEquals(Optional.of(Duration.ofDays(30)), options.duration("for"));
    options.requireAllRead();
  }

  @Test
  void wrongOptionsAreNamed() {
    JobOptions options = new JobOptions(Map.of("to", "much", "name", "", "deep", "yes"));

    assertWrong("option to: not a size such as 512KiB, 2GiB or 2GB", () -> options.bytes("to"));
    assertWrong("option name: has no value", () -> options.text("name"));
    assertWrong("option deep: neither true nor false", () -> options.isSet("deep"));
    assertWrong("unknown option x", () -> new JobOptions(Map.of("x", "1")).requireAllRead());
  }

  private static void assertWrong(String line, Executable reading) {
    JobRefusedException refused = assertThrows(JobRefusedException.class, reading);
    assertEquals(Reason.WRONG_OPTION, refused.reason());
    assertEquals(line, refused.getMessage());
  }
}
