package narthex.maintain;

import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Options;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.Fsck.Start;

/**
 * The job that checks the store. Options: {@code deep}, {@code repair}, {@code rate}, {@code
 * restart}.
 */
public final class FsckJob implements Job {
  private final Fsck fsck;

  /** Runs this check. */
  public FsckJob(Fsck fsck) {
    this.fsck = fsck;
  }

  @Override
  public String name() {
    return "fsck";
  }

  @Override
  public Work prepare(JobOptions said) throws JobRefusedException {
    Options options =
        new Options(
            said.isSet("deep") ? Depth.DEEP : Depth.FRAMES,
            said.isSet("repair") ? Repair.ALL : Repair.NOTHING,
            said.isSet("restart") ? Start.ANEW : Start.RESUME,
            said.bytes("rate").orElse(0));
    return progress -> fsck.run(options, progress).toJobResult();
  }
}
