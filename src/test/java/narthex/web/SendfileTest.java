package narthex.web;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SendfileTest {
  private static final long LARGEST_ARRAY = Integer.MAX_VALUE;

  @Test
  void aFewBytesAreCopied() {
    assertFalse(NarBodySender.isSentByServer(4095, Requests.withSendfile("HTTP/1.1")));
    assertTrue(NarBodySender.isSentByServer(4096, Requests.withSendfile("HTTP/1.1")));
  }

  @Test
  void moreThanTwoGigabytesAreCopiedOverHttp2() {
    assertTrue(NarBodySender.isSentByServer(LARGEST_ARRAY, Requests.withSendfile("HTTP/2.0")));
    assertFalse(NarBodySender.isSentByServer(LARGEST_ARRAY + 1, Requests.withSendfile("HTTP/2.0")));
    assertTrue(NarBodySender.isSentByServer(LARGEST_ARRAY + 1, Requests.withSendfile("HTTP/1.1")));
  }
}
