package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import narthex.testing.PortPair;
import narthex.wiring.StoppedStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A WildFly unpacked from its zip, with the scripts of server-configs/wildfly; started once. */
class WildFlyConfigIT {
  private static final String NARINFO = "/" + "0".repeat(32) + ".narinfo";

  @TempDir private Path folder;

  private Path wildfly = Path.of("");
  private int managementPort;

  @Test
  void theScriptsInstallUpgradeAddRolesAndTakeEverythingBack() throws Exception {
    wildfly = Delivered.unzip("wildfly-dist.zip", folder);
    Files.copy(Delivered.war(), folder.resolve("narthex.war"));
    for (String script : List.of("narthex", "narthex-offline", "restore", "roles")) {
      copy(script + ".cli");
    }
    copy("jboss-web.xml");
    settings("");
    offline("narthex-offline.cli");
    offline("narthex-offline.cli"); // an upgrade
    String user = wildfly.resolve("bin/add-user.sh").toString();
    run(List.of(user, "-a", "-u", "keeper", "-p", "keeper", "-g", "narthex-admin"));
    int port = PortPair.find();
    managementPort = PortPair.find();
    String url = "http://127.0.0.1:" + port;
    String start = wildfly.resolve("bin/standalone.sh").toString();
    String https = "-Djboss.https.port=" + PortPair.find();
    String management = "-Djboss.management.http.port=" + managementPort;
    try (ServerProgram server =
        ServerProgram.start(
            folder, List.of(start, "-Djboss.http.port=" + port, https, management))) {
      server.awaitAnswer(200, url + "/nix-cache-info");
      assertTrue(Files.exists(wildfly.resolve("standalone/data/narthex-data/narthex.db")));

      command(
          "/subsystem=microprofile-config-smallrye/config-source=narthex:add(properties={narthex.cache-info.priority=7})");
      online("narthex.cli"); // an upgrade of the running server
      server.awaitAnswer(200, url + "/nix-cache-info");
      assertTrue(ServerProgram.get(url + "/nix-cache-info").body().contains("Priority: 7\n"));

      online("roles.cli");
      online("roles.cli");
      assertEquals(404, delete(url, "keeper"));
      assertEquals(401, delete(url, "nobody"));
      assertEquals(401, ServerProgram.send("DELETE", url + NARINFO).statusCode());

      online("narthex.cli");
      server.awaitAnswer(200, url + "/nix-cache-info");
      assertEquals(404, delete(url, "keeper"));

      command("deployment-overlay remove --name=narthex-roles");
      online("restore.cli");
      online("restore.cli");
      server.awaitAnswer(404, url + "/nix-cache-info");

      useDataSourceOfTheServer(server, url);
    }
    Path data = wildfly.resolve("standalone/data/narthex-data");
    StoppedStore.assertSound(data);
  }

  private void useDataSourceOfTheServer(ServerProgram server, String url) throws Exception {
    copy("datasource-restore.cli");
    Files.copy(Delivered.file("postgresql.jar"), folder.resolve("postgresql-42.7.14.jar"));
    try (SharedDatabase database = SharedDatabase.start()) {
      Files.writeString(
          folder.resolve("datasource.cli"),
          database.in(Delivered.config("wildfly/datasource.cli")));
      online("datasource.cli");
      online("datasource.cli");
      settings("narthex.database.jndi=java:/jdbc/narthex\n");
      online("narthex.cli");
      server.awaitAnswer(200, url + "/nix-cache-info");
      assertTrue(database.isUsed());
      assertEquals(404, ServerProgram.get(url + NARINFO).statusCode());

      command("reload"); // like after a restart: the data source exists before Narthex looks it up
      server.awaitAnswer(200, url + "/readyz");

      settings("");
      online("narthex.cli");
      online("datasource-restore.cli");
      server.awaitAnswer(200, url + "/readyz");
    }
  }

  private void settings(String more) throws IOException {
    Files.writeString(
        wildfly.resolve("standalone/configuration/narthex.properties"),
        "narthex.upstreams=\nnarthex.delete.enabled=true\nnarthex.access.require=admin\n" + more);
  }

  private static int delete(String url, String user) throws Exception {
    byte[] login = (user + ":" + user).getBytes(StandardCharsets.UTF_8);
    String basic = "Basic " + Base64.getEncoder().encodeToString(login);
    return ServerProgram.send("DELETE", url + NARINFO, "Authorization", basic).statusCode();
  }

  private void copy(String name) throws IOException {
    Files.writeString(folder.resolve(name), Delivered.config("wildfly/" + name));
  }

  private void offline(String script) throws Exception {
    run(List.of(cli(), "--file=" + script));
  }

  private void online(String script) throws Exception {
    run(List.of(cli(), "--connect", "--timeout=60000", controller(), "--file=" + script));
  }

  private void command(String command) throws Exception {
    run(List.of(cli(), "--connect", "--timeout=60000", controller(), "--command=" + command));
  }

  private String cli() {
    return wildfly.resolve("bin/jboss-cli.sh").toString();
  }

  private String controller() {
    return "--controller=127.0.0.1:" + managementPort;
  }

  private void run(List<String> command) throws Exception {
    String said = ServerProgram.run(folder, command);
    assertTrue(!said.contains("WFLYCTL0062") && !said.contains("\"failed\""), said);
  }
}
