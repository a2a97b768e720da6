package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import narthex.nix.HostPatterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The addresses that an upstream may redirect to. */
class AddressRuleTest {
  private static final String PUBLIC = "93.184.216.34";

  private final Map<String, String> names = new ConcurrentHashMap<>();

  private InetAddress[] resolve(String host) throws UnknownHostException {
    return new InetAddress[] {InetAddress.getByName(names.getOrDefault(host, host))};
  }

  private AddressRule rule(String ownAddress, String... allowed) {
    names.put("own.example", ownAddress);
    return new AddressRule("own.example", HostPatterns.parse(List.of(allowed)), this::resolve);
  }

  @ParameterizedTest
  @CsvSource({
    "93.184.216.34, PUBLIC",
    "172.32.0.1, PUBLIC",
    "2606:2800:220:1::1, PUBLIC",
    "64:ff9b::5db8:d822, PUBLIC",
    "127.0.0.1, LOOPBACK",
    "127.8.9.1, LOOPBACK",
    "::1, LOOPBACK",
    "::ffff:127.0.0.1, LOOPBACK",
    "::127.0.0.1, LOOPBACK",
    "64:ff9b::7f00:1, LOOPBACK",
    "2002:7f00:1::, LOOPBACK",
    "169.254.169.254, LINK_LOCAL",
    "fe80::1, LINK_LOCAL",
    "64:ff9b::a9fe:a9fe, LINK_LOCAL",
    "10.0.0.1, PRIVATE",
    "172.16.0.1, PRIVATE",
    "192.168.1.1, PRIVATE",
    "100.64.0.1, PRIVATE",
    "198.18.0.1, PRIVATE",
    "192.0.0.1, PRIVATE",
    "fd00::1, PRIVATE",
    "fec0::1, PRIVATE",
    "::ffff:10.0.0.1, PRIVATE",
    "0.0.0.0, OTHER",
    "0.1.2.3, OTHER",
    "::, OTHER",
    "224.0.0.1, OTHER",
    "ff02::1, OTHER",
    "255.255.255.255, OTHER",
  })
  void anAddressIsOfOneKind(String address, AddressKind kind) throws UnknownHostException {
    assertEquals(kind, AddressKind.of(InetAddress.getByName(address)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1", "169.254.169.254", "10.1.2.3", "::1", "0.0.0.0", "2130706433"})
  void aPublicUpstreamLeadsOnlyToPublicAddresses(String address) throws UnknownHostException {
    AddressRule rule = rule(PUBLIC);
    names.put("inside.example", address);

    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("inside.example"));
    assertThrows(ForbiddenAddressException.class, () -> rule.resolve(address));
    assertThrows(ForbiddenAddressException.class, () -> rule.checkProxied(address));
    assertEquals(1, rule.resolve("198.51.100.1").length);
    assertEquals(1, rule.resolve("own.example").length);
  }

  @Test
  void aPrivateUpstreamLeadsToPrivateAddressesButNotToOtherKinds() throws UnknownHostException {
    AddressRule rule = rule("10.0.0.5");

    assertEquals(1, rule.resolve("192.168.7.7").length);
    assertEquals(1, rule.resolve(PUBLIC).length);
    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("127.0.0.1"));
    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("169.254.169.254"));
  }

  @Test
  void aNameThatChangesToAPrivateAddressIsRefused() throws UnknownHostException {
    AddressRule rule = rule(PUBLIC);
    assertEquals(1, rule.resolve("own.example").length);
    names.put("own.example", "127.0.0.1");

    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("own.example"));
    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("127.0.0.1"));
  }

  @Test
  void ofSeveralAddressesOnlyThoseAllowedAreUsed() throws UnknownHostException {
    InetAddress good = InetAddress.getByName(PUBLIC);
    InetAddress[] both = {InetAddress.getByName("10.0.0.1"), good};
    AddressRule rule =
        new AddressRule(
            "own.example",
            HostPatterns.none(),
            host -> host.equals("both") ? both : resolve(PUBLIC));

    assertArrayEquals(new InetAddress[] {good}, rule.resolve("both"));
  }

  @Test
  void allowedHostsAndNetworksMayHaveAnyAddress() throws UnknownHostException {
    AddressRule rule = rule(PUBLIC, "s3.inside", "*.corp.example", "10.1.0.0/16", "fd00::/8");
    names.put("s3.inside", "192.168.1.1");
    names.put("a.corp.example", "127.0.0.1");
    names.put("corp.example", "127.0.0.1");

    assertEquals(1, rule.resolve("s3.inside").length);
    assertEquals(1, rule.resolve("a.corp.example").length);
    assertEquals(1, rule.resolve("10.1.255.255").length);
    assertEquals(1, rule.resolve("fd12::1").length);
    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("corp.example"));
    assertThrows(ForbiddenAddressException.class, () -> rule.resolve("10.2.0.0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.0/33", "a/8", "ex ample", "http://a", "10.0.0.300", "*"})
  void aMalformedPatternIsNamed(String pattern) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> HostPatterns.parse(List.of("a", pattern)));
    assertEquals(true, String.valueOf(refused.getMessage()).contains(pattern));
  }
}
