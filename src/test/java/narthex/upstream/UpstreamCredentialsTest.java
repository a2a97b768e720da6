package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Credentials are sent to their host with the first request, and to no other host. */
@Timeout(60)
class UpstreamCredentialsTest {
  private static final String ANNA_SECRET = "Basic YW5uYTpzZWNyZXQ=";

  private final UpstreamFixture fixture = new UpstreamFixture();
  private final FaultyUpstream other = FaultyUpstream.start();
  private final String target = fixture.published.narInfoTarget();

  @AfterEach
  void close() throws IOException {
    fixture.close();
    other.close();
  }

  @Test
  void credentialsOfTheUrlAreSentWithoutBeingAskedFor() throws IOException {
    fixture.server.requireBasic("anna", "secret");

    assertTrue(isFound(withUser()));

    assertEquals(1, fixture.narInfoGets());
    assertEquals(
        0,
        fixture
            .server
            .requests()
            .matching(r -> !r.header("Authorization").equals(Optional.of(ANNA_SECRET)))
            .size());
  }

  @Test
  void credentialsOfTheNetrcAreSentWithoutBeingAskedFor() throws IOException {
    fixture.server.requireBasic("anna", "secret");
    Netrc netrc = Netrc.parse("machine 127.0.0.1 login anna password secret\n");

    assertTrue(isFound(fixture.upstream(fixture.server.url(), netrc)));

    assertEquals(1, fixture.narInfoGets());
  }

  @Test
  void theUrlsCredentialsGoBeforeTheNetrcs() throws IOException {
    fixture.server.requireBasic("anna", "secret");
    Netrc netrc = Netrc.parse("machine 127.0.0.1 login bert password wrong\n");

    assertTrue(isFound(fixture.upstream(withUserInfo(), netrc)));
  }

  @Test
  void anEncodedPasswordIsSentDecoded() throws IOException {
    fixture.server.requireBasic("anna", "s:e/c@r%t");
    String url = fixture.server.url().replace("//", "//anna:s%3Ae%2Fc%40r%25t@");

    assertTrue(isFound(fixture.upstream(url, Netrc.empty())));
  }

  @Test
  void theBaseNeverShowsCredentials() {
    assertEquals(fixture.server.url() + "/", withUser().base());
  }

  @Test
  void wrongCredentialsAreTroubleThatDoesNotNameThem() {
    fixture.server.requireBasic("anna", "other");

    IOException refused = assertThrows(IOException.class, () -> isFound(withUser()));

    assertFalse(refused.toString().contains("secret"));
  }

  @Test
  void aRedirectToAnotherHostTakesNoCredentialsAlong() throws IOException {
    fixture.server.requireBasic("anna", "secret");
    other.put("/there", fixture.published.narInfo().print());
    fixture.server.fail(target, Fault.redirect(302, other.url() + "/there"));

    assertTrue(isFound(withUser()));

    assertNoCredentials();
  }

  @Test
  void anotherHostThatAsksForCredentialsGetsNone() {
    other.put("/there", fixture.published.narInfo().print()).requireBasic("anna", "secret");
    fixture.server.fail(target, Fault.redirect(302, other.url() + "/there"));

    assertThrows(UpstreamUnavailableException.class, () -> isFound(withUser()));

    assertNoCredentials();
  }

  @Test
  void theNetrcOfAnotherServerIsForThatServerAlone() throws IOException {
    Netrc netrc = Netrc.parse("machine 127.0.0.1 login anna password secret\ndefault login x\n");
    other.put("/there", fixture.published.narInfo().print()).put("/nar/x", fixture.nar.file());
    fixture.server.fail(target, Fault.redirect(302, other.url() + "/there"));
    Upstream upstream = fixture.upstream(fixture.server.url(), netrc);

    assertTrue(isFound(upstream));
    upstream.openNar(other.url() + "/nar/x", 0, null).orElseThrow().close();

    assertNoCredentials();
  }

  @Test
  void aUserInTheUrlChoosesItsEntryOfTheNetrc() throws IOException {
    fixture.server.requireBasic("anna", "secret");
    Netrc netrc =
        Netrc.parse(
            "machine 127.0.0.1 login bert password wrong\n"
                + "machine 127.0.0.1 login anna password secret\n");

    assertTrue(isFound(fixture.upstream(fixture.server.url().replace("//", "//anna@"), netrc)));
  }

  @Test
  void aNarAtAnotherHostIsAskedForWithoutCredentials() throws IOException {
    other.put("/nar/x", fixture.nar.file());

    withUser().openNar(other.url() + "/nar/x", 0, null).orElseThrow().close();

    assertNoCredentials();
  }

  private void assertNoCredentials() {
    assertFalse(other.requests().all().isEmpty());
    assertEquals(0, other.requests().matching(r -> r.header("Authorization").isPresent()).size());
  }

  private Upstream withUser() {
    return fixture.upstream(withUserInfo(), Netrc.empty());
  }

  private String withUserInfo() {
    return fixture.server.url().replace("//", "//anna:secret@");
  }

  private boolean isFound(Upstream upstream) throws IOException {
    return upstream.fetchNarInfo(fixture.nar.storePath().hash()).isPresent();
  }
}
