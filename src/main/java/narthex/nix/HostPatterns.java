package narthex.nix;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A list of hosts: names ({@code cache.example}), all names below a domain ({@code *.example} or
 * {@code .example}), addresses ({@code 10.1.2.3}) and networks ({@code 10.0.0.0/8}). Immutable.
 */
public final class HostPatterns {
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
  private static final Pattern NAME = Pattern.compile("(?:\\*?\\.)?[a-z0-9_-][a-z0-9._-]*");
  private static final HostPatterns NONE = new HostPatterns(List.of(), List.of());

  /** All addresses with the same first bits. */
  private record Network(InetAddress address, int bits) {
    boolean holds(InetAddress other) {
      byte[] mine = address.getAddress();
      byte[] its = other.getAddress();
      int rest = mine.length * Byte.SIZE - bits;
      return mine.length == its.length
          && new BigInteger(1, mine)
              .shiftRight(rest)
              .equals(new BigInteger(1, its).shiftRight(rest));
    }
  }

  private final List<String> names;
  private final List<Network> networks;

  private HostPatterns(List<String> names, List<Network> networks) {
    this.names = List.copyOf(names);
    this.networks = List.copyOf(networks);
  }

  /** Matches no host. */
  public static HostPatterns none() {
    return NONE;
  }

  /**
   * Parses the items of a list.
   *
   * @throws IllegalArgumentException if an item is malformed; the message shows it
   */
  public static HostPatterns parse(List<String> items) {
    List<String> names = new ArrayList<>();
    List<Network> networks = new ArrayList<>();
    for (String item : items) {
      String text = item.toLowerCase(Locale.ROOT);
      int slash = text.indexOf('/');
      String address = (slash < 0 ? text : text.substring(0, slash)).replaceAll("^\\[|\\]$", "");
      if (ADDRESS.matcher(address).matches()) {
        networks.add(network(item, address, slash < 0 ? "" : text.substring(slash + 1)));
      } else if (NAME.matcher(text).matches()) {
        names.add(text.startsWith("*.") ? text.substring(1) : text);
      } else {
        throw new IllegalArgumentException("not a host name, address or network: " + item);
      }
    }
    return new HostPatterns(names, networks);
  }

  private static Network network(String item, String address, String bits) {
    try {
      InetAddress parsed = InetAddress.getByName(address);
      int all = parsed.getAddress().length * Byte.SIZE;
      int wanted = bits.isEmpty() ? all : Integer.parseInt(bits);
      if (wanted >= 0 && wanted <= all) {
        return new Network(parsed, wanted);
      }
    } catch (UnknownHostException | NumberFormatException e) {
      // Reported below, like a number of bits that is out of range.
    }
    throw new IllegalArgumentException("not a network: " + item);
  }

  /** Whether the host matches an item of the list. Doesn't resolve names. */
  public boolean matches(String host) {
    String name = host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    if (ADDRESS.matcher(name).matches()) {
      try {
        return matches(InetAddress.getByName(name));
      } catch (UnknownHostException e) {
        return false;
      }
    }
    return names.stream()
        .anyMatch(each -> each.startsWith(".") ? name.endsWith(each) : name.equals(each));
  }

  /** Whether the address matches an address or network of the list. */
  public boolean matches(InetAddress address) {
    return networks.stream().anyMatch(network -> network.holds(address));
  }
}
