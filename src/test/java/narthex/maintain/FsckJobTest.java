package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import narthex.blob.FaultyBlobStore.Step;
import narthex.db.PathTable;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.StorePathHash;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FsckJobTest extends FsckFixture {
  private FsckJob job;

  @BeforeEach
  void store() throws Exception {
    open(CdcMode.OFF);
    fetched(2);
    job = new FsckJob(node.chores().fsck());
  }

  private JobResult run(Map<String, String> options) throws IOException {
    return job.prepare(new JobOptions(options)).run(telling());
  }

  @Test
  void theResultOfTheJobHasTheCountsAndTheVerdict() throws Exception {
    JobResult sound = run(Map.of("deep", ""));
    assertEquals(Verdict.DONE, sound.verdict());
    assertEquals(0L, sound.figures().get("wrong"));
    assertEquals(2L, sound.figures().get("checkedNars"));

    flip(keys("nar/").get(0));
    assertEquals(Verdict.DONE, run(Map.of()).verdict());
    JobResult damaged = run(Map.of("deep", "", "rate", "1GiB"));
    assertEquals(Verdict.PROBLEMS, damaged.verdict());
    assertEquals(1L, damaged.figures().get("damagedFile"));
    assertTrue(told.get(0).startsWith("damaged-file: xz file of nar "), () -> told.toString());

    JobResult repaired = run(Map.of("deep", "", "repair", "", "restart", ""));
    assertEquals(Verdict.PROBLEMS, repaired.verdict());
    assertEquals(1L, repaired.figures().get("mended"));
    assertEquals(Verdict.DONE, run(Map.of("deep", "")).verdict());
  }

  @Test
  void onePathIsVerifiedAndTheOthersAreLeftAlone() throws Exception {
    List<StorePathHash> paths = paths();
    assertEquals(2, paths.size());
    flip(keys("nar/").get(0));

    List<JobResult> results = new ArrayList<>();
    for (StorePathHash path : paths) {
      results.add(run(Map.of("path", path.text())));
    }

    results.sort(Comparator.comparing(result -> result.verdict()));
    assertEquals(Verdict.DONE, results.get(0).verdict());
    assertEquals(0L, results.get(0).figures().get("wrong"));
    assertNotEquals(0L, results.get(0).figures().get("readBytes"));
    assertEquals(Verdict.PROBLEMS, results.get(1).verdict());
    assertTrue(told.get(0).startsWith("damaged-file: xz file of nar "), () -> told.toString());
    assertThrows(IOException.class, () -> run(Map.of("path", "0".repeat(32))));

    for (StorePathHash path : paths) {
      run(Map.of("path", path.text(), "repair", ""));
      assertEquals(Verdict.DONE, run(Map.of("path", path.text())).verdict());
    }
  }

  @Test
  void onePathIsRepairedWhileTheWholeStoreIsChecked() throws Exception {
    List<JobResult> beside = new ArrayList<>();
    Progress meanwhile =
        new RecordedProgress()
            .doAfter(
                0,
                () -> {
                  for (StorePathHash path : paths()) {
                    beside.add(run(Map.of("path", path.text(), "repair", "")));
                  }
                });
    flip(keys("nar/").get(0));

    JobResult whole = job.prepare(new JobOptions(Map.of("deep", "", "repair", ""))).run(meanwhile);

    assertEquals(2, beside.size());
    assertEquals(1, beside.stream().filter(result -> result.verdict() == Verdict.PROBLEMS).count());
    assertEquals(Verdict.DONE, whole.verdict());
    assertEquals(2L, whole.figures().get("checkedNars"));
  }

  private List<StorePathHash> paths() throws IOException {
    return new PathTable(node.database())
        .list("", 10).stream().map(listed -> StorePathHash.parse(listed.hash())).toList();
  }

  @Test
  void whatCouldNotBeCheckedRemainsToBeDone() throws Exception {
    blobs.fail(Step.OPEN);

    JobResult result = run(Map.of("deep", ""));

    assertEquals(Verdict.UNFINISHED, result.verdict());
    assertEquals(2L, result.figures().get("unchecked"));
    assertEquals(2, keys("nar/").stream().filter(key -> Files.exists(file(key))).count());
  }

  @Test
  void optionsThatDoNotExistAreRefused() throws Exception {
    JobOptions options = new JobOptions(Map.of("depth", "9"));
    job.prepare(options);

    assertThrows(JobRefusedException.class, options::requireAllRead);
    assertThrows(
        JobRefusedException.class, () -> job.prepare(new JobOptions(Map.of("rate", "fast"))));
  }
}
