package narthex.wiring;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.stream.Stream;

/** Chooses the address on which a replica listens for the others, if none is set. */
final class BindAddress {
  private static final int UNIQUE_LOCAL_MASK = 0xfe;
  private static final int UNIQUE_LOCAL = 0xfc; // fc00::/7, RFC 4193

  private BindAddress() {}

  /**
   * Returns an address of an interface that is up.
   *
   * @throws IOException if there are only loopback and link-local addresses
   */
  static InetAddress ofThisMachine() throws IOException {
    return choose(
        NetworkInterface.networkInterfaces()
            .filter(BindAddress::isUp)
            .flatMap(NetworkInterface::inetAddresses));
  }

  /**
   * Returns the first address that only a private network reaches, else the first that any network
   * reaches; in both cases an IPv4 address if there is one.
   *
   * @throws IOException if there are only loopback and link-local addresses
   */
  static InetAddress choose(Stream<InetAddress> addresses) throws IOException {
    List<InetAddress> usable =
        addresses
            .filter(
                address ->
                    !address.isLoopbackAddress()
                        && !address.isLinkLocalAddress()
                        && !address.isAnyLocalAddress()
                        && !address.isMulticastAddress())
            .toList();
    return Stream.of(
            usable.stream().filter(each -> isIpv4(each) && isPrivate(each)),
            usable.stream().filter(BindAddress::isPrivate),
            usable.stream().filter(BindAddress::isIpv4),
            usable.stream())
        .flatMap(each -> each)
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "this machine has only loopback and link-local addresses; set one that the"
                        + " other replicas reach"));
  }

  private static boolean isIpv4(InetAddress address) {
    return address instanceof Inet4Address;
  }

  private static boolean isPrivate(InetAddress address) {
    return address.isSiteLocalAddress()
        || (!isIpv4(address) && (address.getAddress()[0] & UNIQUE_LOCAL_MASK) == UNIQUE_LOCAL);
  }

  private static boolean isUp(NetworkInterface network) {
    try {
      return network.isUp() && !network.isLoopback();
    } catch (IOException e) {
      return false;
    }
  }
}
