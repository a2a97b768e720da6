package narthex.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** The scope of an IP address: from where hosts can reach it. */
enum AddressKind {
  PUBLIC,
  LOOPBACK,
  LINK_LOCAL,
  PRIVATE,
  /** Unspecified, multicast, broadcast or reserved: never the address of a server. */
  OTHER;

  private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

  /** Classifies an address; an IPv6 address that embeds an IPv4 address counts as the latter. */
  static AddressKind of(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address.isLoopbackAddress()) {
      return LOOPBACK;
    }
    if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
      return OTHER;
    }
    if (address.isLinkLocalAddress()) {
      return LINK_LOCAL;
    }
    if (bytes.length == 4) {
      return ofIpv4(bytes[0] & 0xFF, bytes[1] & 0xFF, bytes[2] & 0xFF);
    }
    if (address.isSiteLocalAddress() || (bytes[0] & 0xFE) == 0xFC) {
      return PRIVATE;
    }
    if ((bytes[0] & 0xFF) == 0x20 && bytes[1] == 0x02) {
      return of(Arrays.copyOfRange(bytes, 2, 6));
    }
    byte[] start = Arrays.copyOf(bytes, 12);
    boolean mapped = Arrays.equals(start, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1});
    if (mapped || Arrays.equals(start, NAT64) || Arrays.equals(start, new byte[12])) {
      return of(Arrays.copyOfRange(bytes, 12, 16));
    }
    return PUBLIC;
  }

  private static AddressKind of(byte[] ipv4) {
    try {
      return of(InetAddress.getByAddress(ipv4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("IPv4 address of wrong length", e);
    }
  }

  /** Follows the IANA registry of special-purpose addresses, RFC 6890. */
  private static AddressKind ofIpv4(int first, int second, int third) {
    boolean shared = first == 100 && (second & 0xC0) == 64;
    boolean tests = first == 198 && (second & 0xFE) == 18;
    boolean protocol = first == 192 && second == 0 && third == 0;
    if (first == 0 || first >= 240) {
      return OTHER;
    }
    boolean local =
        first == 10 || (first == 172 && (second & 0xF0) == 16) || (first == 192 && second == 168);
    return local || shared || tests || protocol ? PRIVATE : PUBLIC;
  }
}
