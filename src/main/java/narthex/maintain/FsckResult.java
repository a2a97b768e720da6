package narthex.maintain;

import java.util.Map;
import java.util.TreeMap;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;

/**
 * What a check of the store found, together with the interrupted checks that it went on with.
 *
 * @param isEnded whether everything was looked at; otherwise the next check goes on
 * @param checked number of items by step, such as packs
 * @param found what is wrong or unused, by kind, such as lost-blob
 * @param repaired what was done, by outcome, such as mended
 * @param unchecked items that could not be read because the storage failed
 * @param unrepaired repairs that failed
 * @param bytes bytes that were read
 */
public record FsckResult(
    boolean isEnded,
    Map<String, Long> checked,
    Map<String, Long> found,
    Map<String, Long> repaired,
    long unchecked,
    long unrepaired,
    long bytes) {

  /** Copies the maps. */
  public FsckResult {
    checked = Map.copyOf(checked);
    found = Map.copyOf(found);
    repaired = Map.copyOf(repaired);
  }

  /**
   * Returns how many things are or were wrong. A blob without a row or a NAR without a narinfo
   * isn't wrong.
   */
  public long wrong() {
    return found.values().stream().mapToLong(Long::longValue).sum()
        - orphans()
        - found(Kind.UNREFERENCED_NAR);
  }

  /** Returns the number of old blobs that no row names. */
  public long orphans() {
    return found.getOrDefault(Kind.ORPHAN.text(), 0L);
  }

  long found(Kind kind) {
    return found.getOrDefault(kind.text(), 0L);
  }

  long repaired(Outcome outcome) {
    return repaired.getOrDefault(outcome.text(), 0L);
  }

  /** Returns this as a result of a job. */
  JobResult toJobResult() {
    JobResult.Verdict verdict = JobResult.Verdict.DONE;
    if (!isEnded || unchecked > 0) {
      verdict = JobResult.Verdict.UNFINISHED;
    }
    if (wrong() > 0) {
      verdict = JobResult.Verdict.PROBLEMS;
    }
    JobResult result = JobResult.of(verdict).with("wrong", wrong());
    result = with(result, "", found);
    result = with(result, "", repaired);
    result = result.with("unchecked", unchecked).with("unrepaired", unrepaired);
    return with(result, "checked-", checked).with("readBytes", bytes);
  }

  private static JobResult with(JobResult result, String prefix, Map<String, Long> counts) {
    JobResult more = result;
    for (Map.Entry<String, Long> count : new TreeMap<>(counts).entrySet()) {
      more = more.with(camelCase(prefix + count.getKey()), count.getValue());
    }
    return more;
  }

  private static String camelCase(String words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words.length(); i++) {
      boolean isDash = words.charAt(i) == '-';
      i += isDash ? 1 : 0;
      text.append(isDash ? Character.toUpperCase(words.charAt(i)) : words.charAt(i));
    }
    return text.toString();
  }
}
