package narthex.wiring;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import narthex.db.Database;
import narthex.settings.ClusterDiscovery;
import narthex.settings.ClusterSettings;
import narthex.settings.SettingsException;
import narthex.staging.ClusterPolicy;
import narthex.staging.InFlightRegistry;
import narthex.staging.InfinispanRegistry;

/** Joins the cluster of replicas. Its classes are loaded only if there is one. */
final class ClusterAssembly {
  private static final String SECRET = "cluster-secret";
  private static final int SECRET_BITS = 256;
  private static final int RADIX = 36;
  private static final int NODE_BITS = 32;

  private ClusterAssembly() {}

  /**
   * Joins the cluster. The caller closes the registry, then the threads, then the database.
   *
   * @param calls threads for calls into the cluster
   * @param timer one thread for events of the cluster
   * @throws SettingsException if the database isn't shared, or the replica can't listen for others
   * @throws IOException if the database can't be read
   */
  static InFlightRegistry join(
      ClusterSettings settings,
      Database database,
      ExecutorService calls,
      ScheduledExecutorService timer)
      throws IOException {
    if (!database.cluster().isShareable()) {
      throw new SettingsException(
          ClusterSettings.ENABLED.name(),
          null,
          "needs a PostgreSQL database that all replicas share");
    }
    ClusterPolicy policy =
        new ClusterPolicy(
            settings.name(),
            node(settings),
            bind(settings.bindAddress()),
            settings.port(),
            discovery(settings, database),
            secret(settings, database) + "\n" + database.garbage().owner());
    return Opening.of(
        ClusterSettings.PORT.name(),
        () ->
            database
                .cluster()
                .inTurn(
                    () ->
                        InfinispanRegistry.join(
                            policy, new InfinispanRegistry.Resources(calls, timer))));
  }

  /** A name that no other start of a replica has. */
  private static String node(ClusterSettings settings) {
    return settings.host() + "-" + random(NODE_BITS);
  }

  private static String random(int bits) {
    return new BigInteger(bits, new SecureRandom()).toString(RADIX).toLowerCase(Locale.ROOT);
  }

  private static String secret(ClusterSettings settings, Database database) throws IOException {
    String text = settings.secret();
    Path file = settings.secretFile();
    if (text != null) {
      return text;
    }
    if (file == null) {
      return database.cluster().findOrStore(SECRET, random(SECRET_BITS));
    }
    String read =
        Opening.of(
            ClusterSettings.SECRET_FILE.name(),
            () -> Files.readString(file, StandardCharsets.UTF_8).strip());
    if (read.isEmpty()) {
      throw new SettingsException(ClusterSettings.SECRET_FILE.name(), null, file + " is empty");
    }
    return read;
  }

  private static ClusterPolicy.Discovery discovery(ClusterSettings settings, Database database) {
    if (settings.discovery() instanceof ClusterDiscovery.InDns dns) {
      return new ClusterPolicy.InDns(dns.name());
    }
    if (settings.discovery() instanceof ClusterDiscovery.Fixed fixed) {
      List<InetSocketAddress> members = new ArrayList<>();
      for (ClusterDiscovery.Member member : fixed.members()) {
        members.add(
            new InetSocketAddress(
                member.host(), member.port() == 0 ? settings.port() : member.port()));
      }
      return new ClusterPolicy.Fixed(members);
    }
    return new ClusterPolicy.InDatabase(database.cluster().connections());
  }

  private static InetAddress bind(String text) {
    return Opening.of(
        ClusterSettings.BIND_ADDRESS.name(),
        () -> {
          if (text.equals(ClusterSettings.SITE_LOCAL)) {
            return siteLocal();
          }
          try {
            return InetAddress.getByName(text);
          } catch (UnknownHostException e) {
            throw new IOException("unknown host " + text, e);
          }
        });
  }

  private static InetAddress siteLocal() throws IOException {
    return NetworkInterface.networkInterfaces()
        .filter(ClusterAssembly::isUp)
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> address instanceof Inet4Address && address.isSiteLocalAddress())
        .findFirst()
        .orElseThrow(
            () -> new IOException("this machine has no private IPv4 address; set an address"));
  }

  private static boolean isUp(NetworkInterface network) {
    try {
      return network.isUp() && !network.isLoopback();
    } catch (IOException e) {
      return false;
    }
  }
}
