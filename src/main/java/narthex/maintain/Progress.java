package narthex.maintain;

/**
 * Follows long work that somebody asked for. The work calls it from one thread at a time, often; an
 * implementation returns at once, but {@link #tell} may wait for a slow reader. It may show, or
 * send on, only some of the calls.
 */
public interface Progress {
  /** Shows nothing and never ends the work early. */
  Progress SILENT =
      new Progress() {
        @Override
        public void at(String step, long done, long total) {
          // shown nowhere
        }

        @Override
        public void tell(String line) {
          // shown nowhere
        }

        @Override
        public boolean isStopped() {
          return false;
        }
      };

  /**
   * Tells how far a step of the work has come.
   *
   * @param step what it counts, a plural noun for people: "packs"
   * @param done finished items
   * @param total all items; 0 if that isn't known
   */
  void at(String step, long done, long total);

  /**
   * Tells something that somebody should see, such as a damaged file; never left out.
   *
   * @param line one line without a line break
   */
  void tell(String line);

  /** Returns whether the work should end as soon as it can; what is done stays done. */
  boolean isStopped();
}
