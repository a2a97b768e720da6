package narthex.standalone;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code use}. */
@Command(
    name = "use",
    header = "Make Nix use a server as substituter.",
    description = {
      "Adds the server and its public keys to nix.conf, and the token to the netrc file if there is"
          + " one. Other lines stay, and nothing changes if all is there. The Nix daemon follows"
          + " the file of a user only if it trusts that user (trusted-users); use --system"
          + " otherwise."
    })
final class UseCommand extends ServerCommand {
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int TRIES = 3;
  private static final String PUBLIC = "rw-r--r--";
  private static final String PRIVATE = "rw-------";
  private static final Path SYSTEM = Path.of("/etc/nix");
  private static final Path STORE = Path.of("/nix/store");

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private TokenOption token;

  @Option(names = "--print", description = "Only print the lines.")
  private boolean print;

  @Option(
      names = "--system",
      description = "Change /etc/nix/nix.conf instead of ~/.config/nix/nix.conf.")
  private boolean system;

  @Option(
      names = "--conf-dir",
      paramLabel = "FOLDER",
      description = "Change nix.conf and netrc in this folder.")
  private @Nullable Path folder;

  @Override
  int run(URI url) throws IOException {
    String secret = token.find(url);
    List<String> keys;
    try (CacheClient server = new CacheClient(url, secret, TRIES, PAUSE)) {
      keys = publicKeys(server);
    }
    if (print) {
      print(url, keys, secret);
    } else {
      write(url, keys, secret);
    }
    return DONE;
  }

  private static List<String> publicKeys(CacheClient server) throws IOException {
    CacheClient.Answer answer = server.get("/pubkey");
    List<String> keys =
        answer.text().lines().map(String::strip).filter(key -> key.matches("\\S+:\\S+=")).toList();
    if (!answer.isSuccess() || keys.isEmpty()) {
      throw new IOException("no public key is at " + server.base() + "/pubkey: " + answer.line());
    }
    return keys;
  }

  private void print(URI url, List<String> keys, @Nullable String secret) {
    out().println("# nix.conf");
    out().print(changed(NixConf.parse(""), url, keys).print());
    if (secret != null) {
      out().println("# the file that netrc-file in nix.conf names");
      out().println(NetrcLines.line(url.getHost(), secret));
    }
    out().flush();
  }

  private static NixConf changed(NixConf before, URI url, List<String> keys) {
    NixConf conf = before.withWord("substituters", CacheClient.base(url));
    for (String key : keys) {
      conf = conf.withWord("trusted-public-keys", key);
    }
    return conf;
  }

  private void write(URI url, List<String> keys, @Nullable String secret) throws IOException {
    Path place = place().toAbsolutePath();
    Path file = place.resolve("nix.conf");
    String before = read(file);
    NixConf conf = changed(NixConf.parse(before, file), url, keys);
    Path netrc = place.resolve("netrc");
    if (secret != null) {
      conf = conf.withDefault("netrc-file", netrc.toString());
    }
    boolean isNew = !conf.lines().equals(before.lines().toList());
    if (isNew && Files.exists(file)) {
      requireOwn(file, file.toRealPath());
    }
    if (secret != null) {
      Path named = Path.of(conf.find("netrc-file").orElse(netrc.toString()));
      String old = read(named);
      replace(named, old, NetrcLines.with(old, url.getHost(), secret), PRIVATE);
    }
    replace(file, before, isNew ? conf.print() : before, PUBLIC);
  }

  /** Refuses a file that Nix itself makes from a configuration, as on NixOS. */
  static void requireOwn(Path named, Path real) throws IOException {
    if (real.startsWith(STORE)) {
      throw new IOException(
          named
              + " is made by NixOS or Home Manager; add what --print shows to their configuration");
    }
  }

  private Path place() {
    if (folder != null) {
      return folder;
    }
    return system ? SYSTEM : Tokens.configFolder().resolve("nix");
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException none) {
      return "";
    }
  }

  private void replace(Path file, String before, String after, String permissions)
      throws IOException {
    if (after.equals(before)) {
      out().println("unchanged: " + file);
    } else {
      boolean keeps = permissions.equals(PUBLIC) && Files.exists(file);
      Tokens.replace(
          file,
          after,
          keeps ? PosixFilePermissions.toString(Files.getPosixFilePermissions(file)) : permissions);
      out().println("changed: " + file);
    }
    out().flush();
  }
}
