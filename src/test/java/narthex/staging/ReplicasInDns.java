package narthex.staging;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.testing.OtherJvm;

/**
 * Another Java process, in which two replicas with addresses of their own and the same port look
 * for each other by a DNS name. A file takes the place of the DNS server, as the JVM reads that one
 * at its start only.
 */
final class ReplicasInDns {
  static final String NAME = "replicas.test";
  private static final List<String> ADDRESSES = List.of("127.0.0.2", "127.0.0.3");

  private ReplicasInDns() {}

  /** Runs the process to its end. Returns its exit status: 0 if the replicas found each other. */
  static int run(Path folder, int port) throws Exception {
    Path hosts = folder.resolve("hosts");
    Files.write(hosts, ADDRESSES.stream().map(address -> address + " " + NAME).toList());
    return OtherJvm.run(
        ReplicasInDns.class, List.of("-Djdk.net.hosts.file=" + hosts), Integer.toString(port));
  }

  private static ReplicatedMap join(String name, String address, int port) throws Exception {
    return ReplicatedMap.join(
        new ClusterPolicy(
            "dns",
            name,
            InetAddress.getByName(address),
            port,
            new ClusterPolicy.InDns(NAME),
            "secret"),
        key -> {});
  }

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    try (ReplicatedMap first = join("a", ADDRESSES.get(0), port);
        ReplicatedMap second = join("b", ADDRESSES.get(1), port)) {
      int members = second.members().size();
      System.out.println("members=" + members + " of " + first.members());
      Runtime.getRuntime().halt(members == ADDRESSES.size() ? 0 : 1);
    }
  }
}
