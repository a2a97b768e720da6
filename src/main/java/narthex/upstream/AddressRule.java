package narthex.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import narthex.nix.HostPatterns;
import org.jspecify.annotations.Nullable;

/**
 * Protects internal servers from requests that an upstream causes. A narinfo's URL is not signed,
 * and a redirect may point anywhere. So this rule refuses every address that isn't public, unless
 * the upstream itself has an address of that kind or the settings allow the host. It checks the
 * resolved addresses, and the client connects to exactly these. Thread-safe.
 *
 * <p>The first resolution of the upstream's own name decides which kinds the upstream has. If the
 * name later resolves to a private address, the rule refuses that.
 */
final class AddressRule {
  /** Resolves a host name, or parses an IP address. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  private final String ownHost;
  private final HostPatterns allowed;
  private final Resolver resolver;
  private final Object lock = new Object();
  private @Nullable Set<AddressKind> ownKinds; // guarded by lock

  AddressRule(String ownHost, HostPatterns allowed, Resolver resolver) {
    this.ownHost = ownHost;
    this.allowed = allowed;
    this.resolver = resolver;
  }

  /**
   * Resolves a host and returns its allowed addresses.
   *
   * @throws ForbiddenAddressException if none of its addresses is allowed
   */
  InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] all = resolver.resolve(host);
    if (allowed.matches(host)) {
      return all;
    }
    Set<AddressKind> kinds = host.equalsIgnoreCase(ownHost) ? ownKinds(all) : ownKinds();
    List<InetAddress> taken = Arrays.stream(all).filter(each -> isAllowed(each, kinds)).toList();
    if (taken.isEmpty()) {
      throw new ForbiddenAddressException(
          "the upstream %s must not lead to %s (%s); narthex.upstream.allow-hosts can allow it"
              .formatted(ownHost, host, all.length == 0 ? "" : all[0].getHostAddress()));
    }
    return taken.toArray(InetAddress[]::new);
  }

  /**
   * Checks a host that a proxy will resolve. Can check IP addresses and localhost only.
   *
   * @throws ForbiddenAddressException if the address isn't allowed
   */
  void checkProxied(String host) throws UnknownHostException {
    boolean literal = host.indexOf(':') >= 0 || host.matches("[0-9][0-9a-fA-FxX.]*");
    if (literal || host.equalsIgnoreCase("localhost") || host.endsWith(".localhost")) {
      resolve(host);
    }
  }

  private boolean isAllowed(InetAddress address, Set<AddressKind> kinds) {
    return kinds.contains(AddressKind.of(address)) || allowed.matches(address);
  }

  private Set<AddressKind> ownKinds() {
    try {
      return ownKinds(known() ? new InetAddress[0] : resolver.resolve(ownHost));
    } catch (UnknownHostException e) {
      return EnumSet.of(AddressKind.PUBLIC);
    }
  }

  private boolean known() {
    synchronized (lock) {
      return ownKinds != null;
    }
  }

  private Set<AddressKind> ownKinds(InetAddress[] own) {
    synchronized (lock) {
      Set<AddressKind> kinds = ownKinds;
      if (kinds == null) {
        kinds = EnumSet.of(AddressKind.PUBLIC);
        for (InetAddress address : own) {
          kinds.add(AddressKind.of(address));
        }
        ownKinds = kinds;
      }
      return kinds;
    }
  }
}
