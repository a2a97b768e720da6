package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import narthex.blob.Extent;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;

class RememberedNarsTest {
  private static final Sha256 NAR_HASH = hash(1);
  private static final Sha256 FILE_HASH = hash(2);
  private static final StoredNar NAR =
      new StoredNar(
          new NarId(NAR_HASH, 10),
          List.of(
              new Representation(
                  Form.WHOLE, Compression.XZ, FILE_HASH, 5, List.of(new Extent("a", 0, 5, 5)))),
          Instant.EPOCH);

  private final RememberedNars remembered = new RememberedNars();

  @Test
  void aNameThatIsTheHashOfItsBytesIsRemembered() {
    remembered.remember(FILE_HASH.nix32(), NAR);
    remembered.remember(NAR_HASH.nix32(), NAR);

    assertEquals(NAR, remembered.find(FILE_HASH.nix32()));
    assertEquals(NAR, remembered.find(NAR_HASH.nix32()));
  }

  @Test
  void aNameThatCouldMeanAnotherNarIsNotRemembered() {
    String alias = hash(3).nix32();

    remembered.remember(alias, NAR);

    assertNull(remembered.find(alias));
  }

  @Test
  void whatIsForgottenIsNotFound() {
    remembered.remember(FILE_HASH.nix32(), NAR);

    remembered.forget(FILE_HASH.nix32());

    assertNull(remembered.find(FILE_HASH.nix32()));
  }

  private static Sha256 hash(int octet) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) octet);
    return Sha256.of(bytes);
  }
}
