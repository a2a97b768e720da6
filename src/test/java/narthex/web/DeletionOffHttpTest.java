package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import narthex.nix.Compression;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DELETE with default settings. */
class DeletionOffHttpTest {
  @Test
  void nothingIsDeletedWhereDeletionIsOff(@TempDir Path folder) throws Exception {
    try (HttpFixture http = HttpFixture.start(folder)) {
      Sample sample = http.know(Sample.of(77, Compression.XZ));
      assertEquals(200, http.get(HttpFixture.path(sample.fileName())).statusCode());
      for (String path : List.of(sample.narInfoTarget(), HttpFixture.path(sample.fileName()))) {
        HttpResponse<byte[]> refused = http.send("DELETE", path);
        assertEquals(405, refused.statusCode());
        assertEquals("GET, HEAD", refused.headers().firstValue("allow").orElseThrow());
        assertEquals(200, http.get(path).statusCode());
      }
    }
  }
}
