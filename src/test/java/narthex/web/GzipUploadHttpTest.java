package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarInfo;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;

/** Nix gives a gzip file the name of one without compression. */
class GzipUploadHttpTest extends UploadHttpFixture {

  @Test
  void aGzipFileIsTakenUnderTheNameThatNixGivesIt() throws IOException {
    NarFixture fixture = fresh(Compression.GZIP);
    String url = fixture.url().replace(".gz", "");
    NarFile file = narInfo(fixture).file();
    NarInfo said =
        narInfo(fixture)
            .withFile(new NarFile(url, file.compression(), file.hash(), file.sizeBytes()));

    assertEquals(201, http.put("/upload/" + url, fixture.file()).statusCode());
    assertEquals(200, http.put("/upload/" + url, fixture.file()).statusCode());
    assertEquals(201, putNarInfo(fixture, said).statusCode());

    for (String root : new String[] {"/upload/", "/"}) {
      assertArrayEquals(fixture.file(), http.get(root + url).body());
      NarFile served = parsed(http.get(root + narInfoPath(fixture).substring(8))).file();
      assertEquals(Compression.GZIP, served.compression());
      assertArrayEquals(fixture.file(), http.get(root + served.url()).body());
      String plain = served.url().replace(".gz", "");
      assertArrayEquals(fixture.nar(), http.get(root + plain).body());
    }
  }

  @Test
  void aNarInfoOfAnotherCompressionThanItsFileNameSaysIsRefused() throws IOException {
    NarFixture fixture = fresh(Compression.XZ);
    NarFile file = narInfo(fixture).file();
    assertEquals(201, http.put(narPath(fixture), fixture.file()).statusCode());

    for (Compression wrong : new Compression[] {Compression.GZIP, Compression.NONE}) {
      NarFile lie = new NarFile(file.url(), wrong, file.hash(), file.sizeBytes());
      assertRefused(
          400,
          "Compression is " + wrong.nixName(),
          putNarInfo(fixture, narInfo(fixture).withFile(lie)));
    }
  }
}
