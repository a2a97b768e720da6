package narthex.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How replicas find each other. */
public sealed interface ClusterDiscovery {
  /** In a table of the database. */
  record InDatabase() implements ClusterDiscovery {}

  /**
   * By the addresses of a DNS name.
   *
   * @param name the name
   */
  record InDns(String name) implements ClusterDiscovery {}

  /**
   * By a list.
   *
   * @param members the replicas
   */
  record Fixed(List<Member> members) implements ClusterDiscovery {
    /** Copies the list. */
    public Fixed {
      members = List.copyOf(members);
    }
  }

  /**
   * A replica in a list.
   *
   * @param host its host name or address
   * @param port its cluster port; 0 for the same port as this replica's
   */
  record Member(String host, int port) {
    /** Matches a host name, an IPv4 address or an IPv6 address in brackets, and a port. */
    private static final Pattern TEXT =
        Pattern.compile(
            "(?:\\[([0-9A-Fa-f:.]+)\\]|([A-Za-z0-9][A-Za-z0-9._-]*))(?::([0-9]{1,5}))?");

    private static final int HIGHEST_PORT = 65_535;

    private static Member parse(String text) {
      Matcher matcher = TEXT.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException("not <host>[:<port>]: " + text);
      }
      int port = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
      if (port > HIGHEST_PORT) {
        throw new IllegalArgumentException("port out of range: " + text);
      }
      return new Member(
          matcher.group(1) == null ? String.valueOf(matcher.group(2)) : matcher.group(1), port);
    }
  }

  /**
   * Parses {@code database}, {@code dns:<name>} or {@code static:<host>[:<port>],…}.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  static ClusterDiscovery parse(String text) {
    if (text.equals("database")) {
      return new InDatabase();
    }
    if (text.startsWith("dns:")) {
      String name = text.substring("dns:".length()).strip();
      if (!name.matches("[A-Za-z0-9]([A-Za-z0-9._-]{0,252})")) {
        throw new IllegalArgumentException("not a DNS name");
      }
      return new InDns(name);
    }
    if (text.startsWith("static:")) {
      List<Member> members = new ArrayList<>();
      for (String item : text.substring("static:".length()).split("[,\\s]+")) {
        if (!item.isEmpty()) {
          members.add(Member.parse(item));
        }
      }
      if (members.isEmpty()) {
        throw new IllegalArgumentException("contains no host");
      }
      return new Fixed(members);
    }
    throw new IllegalArgumentException("unknown kind of discovery");
  }
}
