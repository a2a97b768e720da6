package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import narthex.testing.PortPair;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The module for NixOS, evaluated by the real Nix with a stand-in for nixpkgs' library, and the
 * server that its unit starts.
 */
class NixosModuleIT {
  private static final String NARINFO = "/" + "0".repeat(32) + ".narinfo";
  private static final String ENVIRONMENT = "Environment=";

  /** The lines of the unit that name files, or belong to systems without NixOS. */
  private static final List<String> OWN =
      List.of("ExecStart=", ENVIRONMENT, "EnvironmentFile=", "WorkingDirectory=");

  @TempDir private Path folder;

  @BeforeEach
  void configureNix() throws Exception {
    Path conf = Files.createDirectories(folder.resolve("conf"));
    Files.writeString(
        conf.resolve("nix.conf"), "build-users-group =\nexperimental-features = nix-command\n");
  }

  /** A value that the module gives, with these values of its options. */
  private String evaluate(String attribute, String values) throws Exception {
    String expression =
        "(import %s { module = %s; folder = \"%s\"; java = \"%s\"; values = { enable = true; war = \"%s\"; %s }; }).%s"
            .formatted(
                Path.of("src/it/resources/nixos/evaluate.nix").toAbsolutePath(),
                Path.of("server-configs/nixos/narthex.nix").toAbsolutePath(),
                folder,
                System.getProperty("java.home"),
                Delivered.war(),
                values,
                attribute);
    return ServerProgram.run(
        folder,
        List.of(
            "env",
            "NIX_REMOTE=local?root=" + folder.resolve("machine"),
            "NIX_CONF_DIR=" + folder.resolve("conf"),
            "HOME=" + folder,
            "nix",
            "eval",
            "--impure",
            "--raw",
            "--expr",
            expression));
  }

  private static TreeSet<String> serviceLines(String unit) {
    return unit.lines()
        .dropWhile(line -> !line.equals("[Service]"))
        .skip(1)
        .takeWhile(line -> !line.startsWith("["))
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .filter(line -> OWN.stream().noneMatch(line::startsWith))
        .map(line -> line.replaceFirst("=yes$", "=true"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void theUnitIsThatOfServerConfigsAndSystemdAcceptsIt() throws Exception {
    String unit = evaluate("unit", "");

    assertEquals(serviceLines(Delivered.config("systemd/narthex.service")), serviceLines(unit));
    Path file = Files.writeString(folder.resolve("narthex.service"), unit);
    String said =
        ServerProgram.run(
            folder, List.of("systemd-analyze", "verify", "--man=no", file.toString()));
    assertTrue(!said.contains("narthex.service:"), said);
  }

  @Test
  void theServerStartsWithTheModulesCommandSettingsAndCredentials() throws Exception {
    int port = PortPair.find();
    Path token =
        Files.writeString(folder.resolve("narthex.token.admin-file"), "token-of-the-keeper");
    String values =
        """
        user = "cache"; dataDir = "%s"; openFirewall = true; nginx.virtualHost = "cache.example.org";
        credentials."narthex.token.admin-file" = "%s";
        settings = {
          "narthex.http.port" = %s; "narthex.http.address" = "127.0.0.1";
          "narthex.upstreams" = [ "http://127.0.0.1:1" "http://127.0.0.1:2" ];
          "narthex.upstream.allow-unsigned" = true; "narthex.delete.enabled" = true;
          "narthex.cache-info.priority" = 7; "narthex.max-size" = null;
        };
        """
            .formatted(folder.resolve("data"), token, port);
    String unit = evaluate("unit", values);
    Files.writeString(folder.resolve("narthex.properties"), evaluate("properties", values));
    List<String> command = new ArrayList<>(List.of("env"));
    unit.lines()
        .filter(line -> line.startsWith(ENVIRONMENT))
        .map(line -> line.substring(ENVIRONMENT.length()).replace("\"", ""))
        .forEach(variable -> command.add(variable.replace("%d", folder.toString())));
    String start =
        unit.lines().filter(line -> line.startsWith("ExecStart=")).findFirst().orElseThrow();
    command.addAll(List.of(start.substring("ExecStart=".length()).split(" ")));

    try (ServerProgram server = ServerProgram.start(folder, command)) {
      server.awaitLine("narthex ready url=");

      String url = "http://127.0.0.1:" + port;
      assertTrue(ServerProgram.get(url + "/nix-cache-info").body().contains("Priority: 7\n"));
      assertTrue(ServerProgram.get(url + "/readyz").body().contains("http://127.0.0.1:2"));
      assertTrue(Files.exists(folder.resolve("data/narthex.db")));
      assertEquals(401, ServerProgram.send("DELETE", url + NARINFO).statusCode());
      String keeper = "Bearer token-of-the-keeper";
      assertEquals(
          404, ServerProgram.send("DELETE", url + NARINFO, "Authorization", keeper).statusCode());
    }
    assertTrue(unit.contains("LoadCredential=narthex.token.admin-file:" + token + "\n"), unit);
    assertTrue(unit.contains("User=cache\nWorkingDirectory="), unit);
    assertTrue(unit.contains("ReadWritePaths=" + folder.resolve("data") + "\n"), unit);
    assertEquals(port + " cache.example.org", evaluate("others", values));
  }

  @Test
  void anotherDataFolderNeedsAUser() throws Exception {
    assertTrue(evaluate("failed", "dataDir = \"/srv/narthex\";").contains("needs"));
    assertEquals("", evaluate("failed", "dataDir = \"/srv/narthex\"; user = \"cache\";"));
  }
}
