package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import narthex.blob.Extent;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
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

  private static final RememberedNars.Remembered FOUND =
      new RememberedNars.Remembered(NAR, Optional.of(FILE_HASH.nix32()));

  private final RememberedNars remembered = new RememberedNars(Duration.ofMinutes(1));

  @Test
  void aNameThatIsTheHashOfItsBytesIsRemembered() {
    remembered.remember(name(FILE_HASH), FOUND);
    remembered.remember(name(NAR_HASH), FOUND);

    assertEquals(FOUND, remembered.find(name(FILE_HASH)));
    assertEquals(FOUND, remembered.find(name(NAR_HASH)));
  }

  @Test
  void aNameThatCouldMeanAnotherNarIsNotRemembered() {
    NarFileName alias = name(hash(3));

    remembered.remember(alias, FOUND);

    assertNull(remembered.find(alias));
  }

  @Test
  void whatIsForgottenIsNotFound() {
    remembered.remember(name(FILE_HASH), FOUND);

    remembered.forget(name(FILE_HASH));

    assertNull(remembered.find(name(FILE_HASH)));
  }

  private static NarFileName name(Sha256 stem) {
    return new NarFileName(stem.nix32(), Compression.XZ);
  }

  private static Sha256 hash(int octet) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) octet);
    return Sha256.of(bytes);
  }
}
