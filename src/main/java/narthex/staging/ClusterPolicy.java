package narthex.staging;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import javax.sql.DataSource;

/**
 * How replicas find each other and talk.
 *
 * @param cluster the name of the cluster; replicas with other names don't meet
 * @param node the name of this replica; has no spaces
 * @param bind the address on which this replica listens for others
 * @param port the port on which it listens
 * @param discovery how it finds the others
 * @param secret what all replicas share; a peer without it can't connect
 */
public record ClusterPolicy(
    String cluster, String node, InetAddress bind, int port, Discovery discovery, String secret) {

  /** How replicas find each other. */
  public sealed interface Discovery permits InDatabase, InDns, Fixed {}

  /**
   * In a table of the database.
   *
   * @param connections to the database
   */
  public record InDatabase(DataSource connections) implements Discovery {}

  /**
   * By the addresses of a DNS name.
   *
   * @param name the name, of which each address (A or AAAA) is a replica with the same port
   */
  public record InDns(String name) implements Discovery {}

  /**
   * By a list.
   *
   * @param members the replicas; may include this one
   */
  public record Fixed(List<InetSocketAddress> members) implements Discovery {
    /** Copies the list. */
    public Fixed {
      members = List.copyOf(members);
    }
  }

  /** Omits the secret. */
  @Override
  public String toString() {
    return "ClusterPolicy[cluster=" + cluster + ", node=" + node + ", port=" + port + "]";
  }
}
