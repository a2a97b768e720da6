package narthex.db;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import narthex.db.FsckTable.StrayOutcome;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/** Mends the rows of a NAR of which another row is missing; one attempt, in one transaction. */
final class MendStrayRows {
  private final Mappers mappers;
  private final FsckMapper fsck;
  private final String narHash;

  MendStrayRows(Mappers mappers, String narHash) {
    this.mappers = mappers;
    this.fsck = mappers.fsck();
    this.narHash = narHash;
  }

  /** Restores what the other rows tell, and deletes what is left. */
  StrayOutcome run(Instant now, Instant deleteAfter) {
    mappers.nars().lockNar(narHash);
    if (fsck.countStray(narHash) == 0) {
      return StrayOutcome.UNCHANGED;
    }
    boolean hadForm = !forms().isEmpty();
    Long size = fsck.sizeOf(narHash);
    Long frames = fsck.framesLength(narHash);
    if (size != null && (hadForm || frames != null)) {
      restore(new NarId(Sha256.parseNix32(narHash), size), frames, now);
      return StrayOutcome.RESTORED;
    }
    if (hadForm && fsck.countNar(narHash) > 0) {
      mappers.chunks().deleteParts(narHash); // only its chunked form is gone
    } else {
      delete(deleteAfter);
    }
    return StrayOutcome.DROPPED;
  }

  private List<ExtentList> forms() {
    return mappers.garbage().findExtentsOfNars(Set.of(narHash));
  }

  private void restore(NarId nar, @Nullable Long frames, Instant now) {
    fsck.restoreNar(narHash, nar.sizeBytes(), now.toEpochMilli());
    if (frames != null && fsck.countChunked(narHash) == 0) {
      RepresentationColumns chunked =
          RepresentationColumns.of(
              nar,
              new Representation(Form.CHUNKED, Compression.NONE, nar.hash(), frames, List.of()),
              now);
      mappers.nars().storeRepresentation(chunked);
      mappers.nars().supersede(chunked);
    }
    mappers.narInfos().nameItself(narHash);
  }

  private void delete(Instant deleteAfter) {
    forms()
        .forEach(
            form ->
                form.extents()
                    .forEach(
                        extent ->
                            mappers.garbage().add(extent.blob(), deleteAfter.toEpochMilli())));
    mappers.chunks().deleteParts(narHash);
    mappers.nars().deleteRepresentations(narHash);
    mappers.nars().deleteNarIfEmpty(narHash);
  }
}
