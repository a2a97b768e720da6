package narthex.maintain;

/**
 * Learns how the background work and the jobs get on. Thread-safe; must return at once.
 *
 * <p>Tasks are named as in the log.
 */
public interface WorkObserver {
  /** Ignores all work. */
  WorkObserver NONE =
      new WorkObserver() {
        @Override
        public void itemEnded(String chore, Result result) {
          // ignored
        }

        @Override
        public void searched(String chore, Result result) {
          // ignored
        }

        @Override
        public void jobEnded(String job, Result result) {
          // ignored
        }
      };

  /** How it ended. */
  enum Result {
    /** It was done. */
    DONE,
    /** There was nothing to do. */
    IDLE,
    /** It failed, and will be tried again if it is background work. */
    FAILED
  }

  /** A chore has worked on one item. */
  void itemEnded(String chore, Result result);

  /** A chore has searched for items. {@link Result#IDLE}: it found no more. */
  void searched(String chore, Result result);

  /** A job has ended. */
  void jobEnded(String job, Result result);
}
