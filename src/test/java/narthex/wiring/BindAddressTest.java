package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BindAddressTest {
  private static InetAddress choose(String addresses) throws IOException {
    List<InetAddress> all = new ArrayList<>();
    for (String address : addresses.split(" ")) {
      all.add(address(address));
    }
    return BindAddress.choose(all.stream());
  }

  private static InetAddress address(String text) throws UnknownHostException {
    return InetAddress.getByName(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1 fe80::1 10.0.0.1 192.168.0.2 | 10.0.0.1",
        "192.0.2.1 2001:db8::1 fd00::1 172.16.0.1 | 172.16.0.1",
        "192.0.2.1 2001:db8::1 fe80::1 fd00::1 | fd00::1",
        "127.0.0.1 2001:db8::1 192.0.2.1 198.51.100.1 | 192.0.2.1",
        "127.0.0.1 ::1 fe80::1 2001:db8::1 | 2001:db8::1",
        "127.0.0.1 100.64.0.1 | 100.64.0.1",
      })
  void aPrivateAddressGoesBeforeAPublicOne(String addresses, String chosen) throws Exception {
    assertEquals(address(chosen), choose(addresses));
  }

  @Test
  void aMachineWithoutANetworkIsToldToSetAnAddress() {
    IOException failure =
        assertThrows(IOException.class, () -> choose("127.0.0.1 ::1 fe80::1 169.254.0.1"));
    assertEquals(
        "this machine has only loopback and link-local addresses; set one that the other replicas"
            + " reach",
        failure.getMessage());
  }
}
