package narthex.maintain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Progress that keeps what it is told, and can stop or act after some items. For one thread. */
final class RecordedProgress implements Progress {
  /** Something that happens during the work. */
  interface Action {
    void run() throws IOException;
  }

  final List<String> told = new ArrayList<>();
  final List<String> steps = new ArrayList<>();
  private long stopAt = Long.MAX_VALUE;
  private long actAt = Long.MAX_VALUE;
  private Action action = () -> {};
  private boolean isStopped;

  /** Stops the work once so many items are done. */
  RecordedProgress stopAfter(long items) {
    stopAt = items;
    return this;
  }

  /** Runs an action once so many items are done. */
  RecordedProgress doAfter(long items, Action what) {
    actAt = items;
    action = what;
    return this;
  }

  @Override
  public void at(String step, long done, long total) {
    steps.add(step + " " + done + "/" + total);
    isStopped |= done >= stopAt;
    if (done >= actAt) {
      actAt = Long.MAX_VALUE;
      try {
        action.run();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void tell(String line) {
    told.add(line);
  }

  @Override
  public boolean isStopped() {
    return isStopped;
  }
}
