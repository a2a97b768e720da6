package narthex.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import narthex.testing.RawClient;
import narthex.testing.RawClient.Answer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.shrinkwrap.api.asset.FileAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/**
 * Access control of deletion, with the scope admin: by a token, or by a role of the application
 * server where its security is enabled as in server-configs.
 */
@InApplicationServer
class AccessIT {
  private static final String PLAIN = "tokens";
  private static final String SECURED = "roles";
  private static final String TOKEN = "token-of-the-keeper";
  private static final String NARINFO = "/" + "0".repeat(32) + ".narinfo";

  @Deployment(name = PLAIN, testable = false)
  static WebArchive asItIs() throws IOException {
    // Each deployment needs a data folder of its own; settings for one context take precedence.
    ServerSettings.writeFor(SECURED, "narthex.data-dir=narthex-data-roles");
    return BuiltWar.named(PLAIN + ".war");
  }

  @Deployment(name = SECURED, testable = false)
  static WebArchive withTheServersOwnSecurity() {
    return BuiltWar.named(SECURED + ".war")
        .addAsWebInfResource(
            new FileAsset(BuiltWar.serverConfig("wildfly/jboss-web.xml")), "jboss-web.xml")
        .addAsManifestResource(
            new FileAsset(BuiltWar.serverConfig("tomcat/roles.xml")), "context.xml");
  }

  @Test
  @OperateOnDeployment(PLAIN)
  void aTokenIsNeededWhereTheSettingsSaySo() throws IOException {
    Answer answer = delete(PLAIN);
    assertEquals(401, answer.status());
    assertEquals("a token is needed\n", answer.body());
    assertEquals(2, answer.fields("WWW-Authenticate").size());
    assertTrue(answer.field("Server").isEmpty());

    assertEquals(401, delete(PLAIN, "Authorization: Bearer unknown").status());
    assertEquals(401, delete(PLAIN, "Authorization: Basic %%%").status());
    assertMayDelete(delete(PLAIN, "Authorization: Bearer " + TOKEN));
    assertMayDelete(delete(PLAIN, basic("", TOKEN)));
    assertMayDelete(delete(PLAIN, basic("anybody", TOKEN)));
  }

  @Test
  @OperateOnDeployment(PLAIN)
  void anUnknownTokenIsNoHarmWhereNoneIsNeeded() throws IOException {
    Answer answer = get(PLAIN, "/nix-cache-info", basic("nix", "token-of-another-server"));

    assertEquals(200, answer.status());
  }

  @Test
  @OperateOnDeployment(SECURED)
  void aRoleOfTheServerStandsForATokenOfThatScope() throws IOException {
    assertMayDelete(delete(SECURED, basic("keeper", "keeper-of-the-server")));
    assertEquals(403, delete(SECURED, basic("reader", "reader-of-the-server")).status());
    assertEquals(403, delete(SECURED, basic("guest", "guest-of-the-server")).status());
    assertEquals(401, delete(SECURED).status());
    assertEquals(401, delete(SECURED, basic("keeper", "wrong")).status());
  }

  @Test
  @OperateOnDeployment(SECURED)
  void thePageForAdministratorsKnowsTheServersAccounts() throws IOException {
    String keeper = basic("keeper", "keeper-of-the-server");

    assertTrue(get(SECURED, "/admin/").body().contains("main.js"));
    assertTrue(get(SECURED, "/admin/main.js").body().contains("import "));
    assertTrue(get(SECURED, "/admin/session").body().contains("\"isAdmin\":false"));
    String marked = "X-Narthex-Request: account";
    assertTrue(get(SECURED, "/admin/session", keeper, marked).body().contains("\"isAdmin\":true"));
    assertTrue(get(SECURED, "/admin/state", keeper).body().contains("\"upstreams\":["));
    assertEquals(403, post(SECURED, "/admin/jobs/none", keeper).status());
    assertEquals(404, post(SECURED, "/admin/jobs/none", keeper, marked).status());
    assertEquals(
        403, post(SECURED, "/admin/jobs/none", keeper, marked, "Origin: https://a.b").status());
  }

  @Test
  @OperateOnDeployment(SECURED)
  void theServersOwnSecurityForcesNobodyToSayWhoTheyAre() throws IOException {
    assertEquals(200, get(SECURED, "/nix-cache-info").status());
    assertEquals(
        200, get(SECURED, "/nix-cache-info", basic("guest", "guest-of-the-server")).status());
    assertMayDelete(delete(SECURED, "Authorization: Bearer " + TOKEN));
  }

  /** Access was granted: there is nothing to delete, or deletion is off. */
  private static void assertMayDelete(Answer answer) {
    assertTrue(answer.status() == 404 || answer.status() == 405, answer::toString);
  }

  private static Answer delete(String deployment, String... fields) throws IOException {
    return RawClient.ask(BuiltWar.port(), "DELETE", "/" + deployment + NARINFO, fields);
  }

  private static Answer post(String deployment, String path, String... fields) throws IOException {
    return RawClient.ask(BuiltWar.port(), "POST", "/" + deployment + path, fields);
  }

  private static Answer get(String deployment, String path, String... fields) throws IOException {
    return RawClient.ask(BuiltWar.port(), "GET", "/" + deployment + path, fields);
  }

  private static String basic(String user, String password) {
    byte[] text = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Authorization: Basic " + Base64.getEncoder().encodeToString(text);
  }
}
