package narthex.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses one upstream may lead us to. A narinfo's URL is not signed, and a redirect may
 * point anywhere. So addresses that are not public are refused, unless the upstream itself has an
 * address of the same kind or the settings allow the host. The addresses are checked that the
 * connection is then made to. Safe for use by many threads.
 *
 * <p>What kind of address the upstream has is decided when its name is first resolved: a name that
 * changes later to a private address is refused.
 */
final class AddressRule {
  /** Turns a name or an address into addresses. */
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
   * The addresses of a host that may be connected to.
   *
   * @throws ForbiddenAddressException if there are only others
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
   * Checks a host that a proxy resolves: all that can be said is whether it is an address.
   *
   * @throws ForbiddenAddressException if it is one that may not be connected to
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
