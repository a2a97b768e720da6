package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import narthex.ingest.CdcMode;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Repair;
import narthex.testing.node.NodeChores;
import narthex.testing.node.Sample;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The check of the store finds NARs that no narinfo references. */
class FsckOfUnreferencedNarTest extends FsckFixture {
  @SuppressWarnings("NullAway.Init") // each test calls loseNarInfo first
  private Sample lost;

  /** Stores some NARs and loses the row of a narinfo. */
  private void loseNarInfo(CdcMode mode) throws Exception {
    open(mode);
    lost = fetched(3).get(1);
    assertEquals(1, execute("delete from narinfo where nar_hash = '" + narHash() + "'"));
  }

  private String narHash() {
    return lost.id().hash().nix32();
  }

  @ParameterizedTest
  @EnumSource(names = {"OFF", "EAGER"})
  void aNarThatMayStillGetItsNarInfoIsNotFound(CdcMode mode) throws Exception {
    loseNarInfo(mode);
    pass(NodeChores.UPLOAD_GRACE.minus(Duration.ofMinutes(10)));

    fsck(Depth.DEEP, Repair.ALL);

    assertEquals(List.of(), told);
  }

  @ParameterizedTest
  @EnumSource(names = {"OFF", "EAGER"})
  void aNarWhoseNarInfoIsLostIsNamedAndStaysUntilItsNarInfoComesBack(CdcMode mode)
      throws Exception {
    loseNarInfo(mode);
    pass(NodeChores.UPLOAD_GRACE.plus(Duration.ofMinutes(10)));

    for (Repair repair : Repair.values()) {
      FsckResult result = fsck(Depth.FRAMES, repair);

      assertEquals(1, result.found(Kind.UNREFERENCED_NAR), () -> told.toString());
      assertEquals(0, result.wrong());
      assertEquals(1, told.size(), () -> told.toString());
      assertTrue(told.get(0).startsWith("unreferenced-nar: nar " + narHash()), told.get(0));
      assertTrue(node.isStored(lost));
    }
    upstream.requests().clear();
    assertTrue(node.narInfo(lost).isPresent());
    read(lost);
    fsck(Depth.DEEP, Repair.NOTHING);

    assertEquals(List.of(), told);
    assertEquals(0, upstream.requests().countGetsBelow("/nar/"));
  }
}
