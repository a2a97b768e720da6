package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.FaultyUpstream;
import org.junit.jupiter.api.Test;

/** The server works with PostgreSQL, too. */
class PostgresqlIT {
  private static final NixContent CONTENT = NixContent.shared();

  @Test
  void aClosureIsKeptInPostgresqlOverAKill() throws Exception {
    Closure closure = CONTENT.manyPaths();
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    try (EmbeddedPostgres database = EmbeddedPostgres.builder().start();
        Scene scene =
            Scene.of(
                upstream,
                CONTENT.publicKey(),
                Map.of(
                    "narthex.database.url",
                    "jdbc:postgresql://localhost:" + database.getPort() + "/postgres",
                    "narthex.database.user",
                    "postgres",
                    "narthex.database.password",
                    "postgres"))) {
      NixClient first = scene.client(NixRelease.NEW);
      first.realise(closure.root(), scene.server().url()).expectSuccess();
      Substitution.assertComplete(first, closure);
      assertEquals(closure.paths().size(), scene.upstreamNarGets());
      scene.server().awaitStored(closure.paths().size());

      scene.server().kill();
      upstream.goDown();
      scene.server().restart();

      NixClient second = scene.client(NixRelease.OLD, scene.server().publicKey());
      second.realise(closure.root(), scene.server().url()).expectSuccess();
      Substitution.assertComplete(second, closure);
    }
  }
}
