package narthex.wiring;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import narthex.blob.BlobStore;
import narthex.db.ClusterTable;
import narthex.db.Database;
import narthex.settings.ClusterDiscovery;
import narthex.settings.ClusterSettings;
import narthex.settings.Settings;
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
   * @throws SettingsException if the database isn't shared, the replica can't listen for others, or
   *     something differs from the other replicas
   * @throws IOException if the database can't be read
   */
  static InFlightRegistry join(
      Settings all,
      Database database,
      BlobStore blobs,
      ExecutorService calls,
      ScheduledExecutorService timer)
      throws IOException {
    ClusterSettings settings = all.cluster();
    if (!database.cluster().isShareable()) {
      throw new SettingsException(
          ClusterSettings.ENABLED.name(),
          null,
          "needs a PostgreSQL database that all replicas share");
    }
    requireAsciiDigits(Locale.getDefault(Locale.Category.FORMAT));
    ClusterPolicy policy =
        new ClusterPolicy(
            settings.name(),
            node(settings),
            bind(settings.bindAddress()),
            settings.port(),
            discovery(settings, database),
            secret(settings, database) + "\n" + database.garbage().owner());
    ClusterTable table = database.cluster();
    ClusterAgreement agreement = new ClusterAgreement(all, table, blobs);
    InfinispanRegistry.Resources resources = new InfinispanRegistry.Resources(calls, timer);
    return table.inTurn(() -> agreeing(agreement, policy, resources));
  }

  /**
   * Checks the locale in which libraries print numbers. JGroups prints numbers into format strings,
   * and Infinispan sends its version as text; neither can read digits other than those of ASCII.
   * The default locale belongs to the application server, so this program doesn't change it.
   *
   * @throws SettingsException if the locale has digits of its own
   */
  static void requireAsciiDigits(Locale locale) {
    if (DecimalFormatSymbols.getInstance(locale).getZeroDigit() != '0') {
      throw new SettingsException(
          ClusterSettings.ENABLED.name(),
          null,
          "needs numbers with ASCII digits, and the JVM prints them as in the locale "
              + locale.toLanguageTag()
              + "; start it with -Duser.language.format=en");
    }
  }

  private static InFlightRegistry agreeing(
      ClusterAgreement agreement, ClusterPolicy policy, InfinispanRegistry.Resources resources)
      throws IOException {
    InFlightRegistry registry =
        Opening.of(ClusterSettings.PORT.name(), () -> InfinispanRegistry.join(policy, resources));
    try {
      agreement.require(registry);
      return registry;
    } catch (IOException | RuntimeException e) {
      registry.close();
      throw e;
    }
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
          if (text.equals(ClusterSettings.AUTO)) {
            return BindAddress.ofThisMachine();
          }
          try {
            return InetAddress.getByName(text);
          } catch (UnknownHostException e) {
            throw new IOException("unknown host " + text, e);
          }
        });
  }
}
