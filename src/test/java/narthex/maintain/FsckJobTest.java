package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.Map;
import narthex.blob.FaultyBlobStore.Step;
import narthex.ingest.CdcMode;
import narthex.maintain.JobResult.Verdict;
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

  private JobResult run(Map<String, String> options) throws Exception {
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
