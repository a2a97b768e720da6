package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import narthex.testing.PortPair;
import narthex.wiring.StoppedStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Tomcat unpacked from its zip, with the files of server-configs/tomcat; started once. */
class TomcatConfigIT {
  private static final String NARINFO = "/" + "0".repeat(32) + ".narinfo";

  @TempDir private static Path folder;

  private static Path tomcat;
  private static SharedDatabase database;
  private static ServerProgram server;
  private static String url;

  @BeforeAll
  static void start() throws Exception {
    tomcat = Delivered.unzip("tomcat.zip", folder);
    int port = PortPair.find();
    url = "http://127.0.0.1:" + port;
    write("conf/server.xml", Delivered.config("tomcat/server.xml").replace("8080", "" + port));
    write("bin/setenv.sh", Delivered.config("tomcat/setenv.sh"));
    write("conf/tomcat-users.xml", users());
    write(
        "conf/narthex.properties",
        "narthex.upstreams=\nnarthex.delete.enabled=true\nnarthex.access.require=admin\n");
    context("ROOT", Delivered.config("tomcat/ROOT.xml"));
    context("nix", Delivered.config("tomcat/roles.xml"));
    write("conf/narthex.nix.properties", "narthex.cache-info.priority=7\n");
    context("bad", parameter("narthex.bogus", "1"));
    context("same-a", parameter("narthex.data-dir", "shared"));
    context("same-b", parameter("narthex.data-dir", "shared"));
    database = SharedDatabase.start();
    Files.copy(Delivered.file("postgresql.jar"), tomcat.resolve("lib/postgresql.jar"));
    context("pool", "<Context docBase=\"/opt/narthex/narthex.war\">" + resource() + "</Context>");
    write("conf/narthex.pool.properties", "narthex.database.jndi=jdbc/narthex\n");
    context("entry", entry("narthex.cache-info.priority", "9"));
    server =
        ServerProgram.start(folder, List.of(tomcat.resolve("bin/catalina.sh").toString(), "run"));
    server.awaitLine("Server startup in");
  }

  @AfterAll
  static void stop() throws IOException {
    if (server != null) {
      server.close();
    }
    if (database != null) {
      database.close();
    }
    for (String data :
        List.of("narthex-data", "narthex-data-nix", "narthex-data-entry", "shared")) {
      StoppedStore.assertSound(tomcat.resolve(data));
    }
  }

  @Test
  void itAnswersAsDescribed() throws Exception {
    assertEquals(200, ServerProgram.get(url + "/nix-cache-info").statusCode());
    assertTrue(Files.exists(tomcat.resolve("narthex-data/narthex.db")));
    String page = ServerProgram.get(url + "/", "X-Forwarded-Proto", "https").body();
    assertTrue(page.contains("https://127.0.0.1"), page);
  }

  @Test
  void twoContextsShareNeitherDataNorKeyNorSettings() throws Exception {
    assertTrue(Files.exists(tomcat.resolve("narthex-data-nix/narthex.db")));
    String root = ServerProgram.get(url + "/pubkey").body();
    String nix = ServerProgram.get(url + "/nix/pubkey").body();
    assertFalse(root.substring(0, root.indexOf(':')).equals(nix.substring(0, nix.indexOf(':'))));
    assertTrue(priority("").contains("Priority: 30\n"));
    assertTrue(priority("/nix").contains("Priority: 7\n"));
    assertTrue(priority("/entry").contains("Priority: 9\n"));
  }

  @Test
  void aRoleOfTomcatStandsForAToken() throws Exception {
    assertEquals(404, delete("keeper"));
    assertEquals(403, delete("reader"));
    assertEquals(401, delete("nobody"));
    assertEquals(401, ServerProgram.send("DELETE", url + "/nix" + NARINFO).statusCode());
    assertEquals(200, ServerProgram.get(url + "/nix/nix-cache-info").statusCode());
  }

  @Test
  void aDataSourceOfTomcatHoldsTheTables() throws Exception {
    assertEquals(200, ServerProgram.get(url + "/pool/nix-cache-info").statusCode());
    assertEquals(404, ServerProgram.get(url + "/pool" + NARINFO).statusCode());
    assertTrue(database.isUsed());
    assertFalse(Files.exists(tomcat.resolve("narthex-data-pool/narthex.db")));
  }

  @Test
  void whyAContextDoesNotStartIsOneLineOfItsOutput() throws IOException {
    assertSaid("narthex cannot start: context=/bad narthex.bogus (context parameter): ");
    assertSaid("narthex.data-dir: " + tomcat + "/shared is in use by another Narthex (process ");
  }

  /** The Resource element that is commented out in ROOT.xml. */
  private static String resource() throws IOException {
    String text = Delivered.config("tomcat/ROOT.xml");
    int start = text.indexOf("<Resource ");
    return database.in(text.substring(start, text.indexOf("/>", start) + 2));
  }

  private static void assertSaid(String text) throws IOException {
    assertEquals(1, server.log().lines().filter(line -> line.contains(text)).count(), server.log());
  }

  private static String priority(String context) throws Exception {
    return ServerProgram.get(url + context + "/nix-cache-info").body();
  }

  private static int delete(String user) throws Exception {
    byte[] login = (user + ":" + user).getBytes(StandardCharsets.UTF_8);
    String basic = "Basic " + Base64.getEncoder().encodeToString(login);
    return ServerProgram.send("DELETE", url + "/nix" + NARINFO, "Authorization", basic)
        .statusCode();
  }

  private static void context(String name, String text) throws IOException {
    write(
        "conf/Catalina/localhost/" + name + ".xml",
        text.replace("/opt/narthex/narthex.war", Delivered.war().toString()));
  }

  private static String parameter(String name, String value) {
    return "<Context docBase=\"/opt/narthex/narthex.war\"><Parameter name=\""
        + name
        + "\" value=\""
        + value
        + "\"/></Context>";
  }

  private static String entry(String name, String value) {
    return "<Context docBase=\"/opt/narthex/narthex.war\"><Environment name=\""
        + name
        + "\" value=\""
        + value
        + "\" type=\"java.lang.String\"/></Context>";
  }

  private static String users() {
    return """
    <tomcat-users xmlns="http://tomcat.apache.org/xml" version="1.0">
      <user username="reader" password="reader" roles="narthex-read"/>
      <user username="keeper" password="keeper" roles="narthex-admin"/>
    </tomcat-users>
    """;
  }

  private static void write(String name, String text) throws IOException {
    Path file = tomcat.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
