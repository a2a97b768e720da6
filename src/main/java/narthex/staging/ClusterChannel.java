package narthex.staging;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.sql.DataSource;
import org.infinispan.remoting.transport.jgroups.JGroupsChannelConfigurator;
import org.jgroups.JChannel;
import org.jgroups.conf.ProtocolConfiguration;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FRAG4;
import org.jgroups.protocols.JDBC_PING2;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.MFC;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.dns.DNS_PING;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.stack.Protocol;
import org.jgroups.util.DefaultSocketFactory;
import org.jgroups.util.ShutdownRejectedExecutionHandler;
import org.jgroups.util.SocketFactory;

/** Creates the channel of the replicas for Infinispan: JGroups over TCP and TLS. */
final class ClusterChannel implements JGroupsChannelConfigurator {
  private static final int CONNECT_MILLIS = 1000;

  /** A frozen replica is excluded after this time. One that crashed is excluded at once. */
  private static final long FROZEN_MILLIS = 8000;

  private static final long HEARTBEAT_MILLIS = 2000;
  private static final long VERIFY_MILLIS = 500;

  /** How often replicas look for others after a split: a random time between both. */
  private static final long MERGE_MIN_MILLIS = 1000;

  private static final long MERGE_MAX_MILLIS = 3000;
  private static final long JOIN_MILLIS = 2000;

  /** After these attempts a replica forms a cluster of its own, which is merged later. */
  private static final int JOIN_ATTEMPTS = 3;

  private static final long RETRANSMIT_MILLIS = 200;
  private static final int CREDITS = 4 << 20;

  /** Several replicas may write the row of the same member at once. */
  static final String INSERT_MEMBER =
      "insert into cluster_member (address, name, cluster, ip, coord) values (?, ?, ?, ?, ?)"
          + " on conflict (address) do update set name = excluded.name,"
          + " cluster = excluded.cluster, ip = excluded.ip, coord = excluded.coord";

  private final ClusterPolicy policy;

  ClusterChannel(ClusterPolicy policy) {
    this.policy = policy;
  }

  /**
   * Checks that this replica can listen. Infinispan would report it at great length.
   *
   * @throws IOException if it can't; the message names address and port
   */
  static void checkPort(ClusterPolicy policy) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(policy.bind(), policy.port()));
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "cannot listen on "
              + policy.bind().getHostAddress()
              + ":"
              + policy.port()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  @Override
  public JChannel createChannel(String name) throws Exception {
    List<Protocol> stack = new ArrayList<>();
    stack.add(transport());
    stack.add(discovery());
    stack.add(new MERGE3().setMinInterval(MERGE_MIN_MILLIS).setMaxInterval(MERGE_MAX_MILLIS));
    stack.add(new FD_ALL3().setTimeout(FROZEN_MILLIS).setInterval(HEARTBEAT_MILLIS));
    stack.add(new VERIFY_SUSPECT2().setTimeout(VERIFY_MILLIS));
    stack.add(
        new NAKACK2()
            .useMcastXmit(false)
            .setXmitInterval(RETRANSMIT_MILLIS)
            .logDiscardMessages(false)); // those that a replica sent before it left
    stack.add(new UNICAST3().setXmitInterval(RETRANSMIT_MILLIS));
    stack.add(new STABLE());
    stack.add(
        new GMS()
            .printLocalAddress(false)
            .setJoinTimeout(JOIN_MILLIS)
            .setMaxJoinAttempts(JOIN_ATTEMPTS));
    stack.add(new UFC().setMaxCredits(CREDITS));
    stack.add(new MFC().setMaxCredits(CREDITS));
    stack.add(new FRAG4());
    JChannel channel = new JChannel(stack);
    // What arrives while the channel closes would be reported as "thread pool is full".
    channel
        .getProtocolStack()
        .getTransport()
        .getThreadPool()
        .setRejectedExecutionHandler(
            new ShutdownRejectedExecutionHandler(new ThreadPoolExecutor.AbortPolicy()));
    return channel;
  }

  private TCP transport() throws GeneralSecurityException, IOException {
    TCP transport = new TCP();
    transport.setBindAddress(policy.bind()).setBindPort(policy.port()).setPortRange(0);
    transport.setSockConnTimeout(CONNECT_MILLIS);
    transport.logAcceptError(false); // two that connect at once drop one of both connections
    // The end of a peer's connection takes the place of FD_SOCK2, whose own port has no TLS.
    transport.enableSuspectEvents(true);
    // A buffer would report a connection that this replica itself closes as a fault. TLS has one.
    transport.setBufferedInputStreamSize(0);
    transport.logDetails(false); // one line, without a stack trace
    transport.disableDiagnostics();
    transport.useVirtualThreads(false);
    SSLContext identity = ClusterIdentity.context(policy.secret());
    DefaultSocketFactory sockets = new DefaultSocketFactory(identity);
    sockets.setServerSocketConfigurator(ClusterChannel::requireIdentity);
    transport.setSocketFactory(sockets);
    return transport;
  }

  private static void requireIdentity(ServerSocket socket) {
    ((SSLServerSocket) socket).setNeedClientAuth(true);
  }

  private Protocol discovery() {
    ClusterPolicy.Discovery discovery = policy.discovery();
    if (discovery instanceof ClusterPolicy.InDatabase database) {
      JDBC_PING2 table =
          new JDBC_PING2()
              .setDataSource(database.connections())
              .setInitializeSql(null)
              .setInsertSingleSql(INSERT_MEMBER)
              .setDeleteSingleSql("delete from cluster_member where address = ?")
              .setClearSql("delete from cluster_member where cluster = ?")
              .setSelectAllPingdataSql(
                  "select address, name, ip, coord from cluster_member where cluster = ?");
      table.removeAllDataOnViewChange(true); // the rows of replicas that were killed
      table.registerShutdownHook(false); // it would outlive an undeployment
      return table;
    }
    if (discovery instanceof ClusterPolicy.InDns dns) {
      return new DNS_PING().setDNSQuery(dns.name());
    }
    TCPPING fixed = new TCPPING();
    fixed.setInitialHosts(((ClusterPolicy.Fixed) discovery).members());
    fixed.setPortRange(0);
    return fixed;
  }

  @Override
  public String getName() {
    return "narthex";
  }

  @Override
  public String getProtocolStackString() {
    return "";
  }

  @Override
  public List<ProtocolConfiguration> getProtocolStack() {
    return List.of();
  }

  @Override
  public void setSocketFactory(SocketFactory ignored) {
    // has its own
  }

  @Override
  public void setDataSource(DataSource ignored) {
    // has its own
  }
}
