package narthex.maintain;

import java.util.Optional;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Options;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.Fsck.Start;
import narthex.nix.StorePathHash;

/**
 * The job that checks the store. Options: {@code deep}, {@code repair}, {@code rate}, {@code
 * restart}; or {@code path}, to check one store path only, deeply. Such a check has no position and
 * repairs only what its rows, read again, prove to be wrong, so it runs beside any other check.
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
  public boolean isForWholeStore() {
    return true;
  }

  @Override
  public Optional<String> target(JobOptions said) throws JobRefusedException {
    return PinOptions.findPath(said).map(StorePathHash::text);
  }

  @Override
  public Work prepare(JobOptions said) throws JobRefusedException {
    Options options =
        new Options(
            said.isSet("deep") ? Depth.DEEP : Depth.FRAMES,
            said.isSet("repair") ? Repair.ALL : Repair.NOTHING,
            said.isSet("restart") ? Start.ANEW : Start.RESUME,
            said.bytes("rate").orElse(0));
    Optional<StorePathHash> path = PinOptions.findPath(said);
    if (path.isPresent()) {
      return progress ->
          fsck.verifyPath(path.get(), options.repair(), options.bytesPerSecond(), progress);
    }
    return progress -> fsck.run(options, progress).toJobResult();
  }
}
