package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ShareTest {
  private final List<String> granted = new ArrayList<>();
  private final List<Share.Permit> permits = new ArrayList<>();

  private int takeAll(Share share, String client) {
    int count = 0;
    for (Share.Permit permit = share.tryTake(client);
        permit != null;
        permit = share.tryTake(client)) {
      permits.add(permit);
      count++;
    }
    return count;
  }

  private Share.Waiting await(Share share, String client, String name) {
    return Objects.requireNonNull(
        share.await(
            client,
            permit -> {
              granted.add(name);
              return permits.add(permit);
            }));
  }

  @Test
  void oneClientGetsTwoThirdsAndOthersFindTheRest() {
    Share share = new Share(60, 10);

    assertEquals(40, takeAll(share, "greedy"));
    assertTrue(takeAll(share, "second") > 10);
    assertNotNull(share.tryTake("third"));
  }

  @Test
  void theOnlyPermitIsTaken() {
    Share share = new Share(1, 10);

    assertEquals(1, takeAll(share, "one"));
    assertNull(share.tryTake("other"));
  }

  @Test
  void whoWaitsIsServedInOrderAndAGreedyClientHoldsNobodyUp() {
    Share share = new Share(3, 10);
    assertEquals(2, takeAll(share, "greedy"));
    await(share, "greedy", "greedy");
    await(share, "first", "first");
    assertEquals(List.of("first"), granted);

    await(share, "second", "second");
    permits.get(0).release();
    assertEquals(List.of("first", "greedy"), granted);

    permits.get(1).release();
    assertEquals(List.of("first", "greedy", "second"), granted);
    assertFalse(share.isAwaited());
  }

  @Test
  void aPermitIsGivenBackOnce() {
    Share share = new Share(1, 10);
    assertEquals(1, takeAll(share, "one"));

    permits.get(0).release();
    permits.get(0).release();

    assertEquals(1, takeAll(share, "one"));
  }

  @Test
  void whoLeavesTheQueueGetsNothing() {
    Share share = new Share(1, 10);
    assertEquals(1, takeAll(share, "one"));
    Share.Waiting waiting = await(share, "other", "other");

    assertTrue(waiting.leave());
    permits.get(0).release();

    assertEquals(List.of(), granted);
    assertFalse(waiting.leave());
    assertNotNull(share.tryTake("third"));
  }

  @Test
  void aPermitThatIsOfNoUseGoesToTheNext() {
    Share share = new Share(1, 3000);
    assertEquals(1, takeAll(share, "one"));
    for (int i = 0; i < 1000; i++) {
      assertNotNull(share.await("gone", permit -> false));
    }
    await(share, "other", "other");

    permits.get(0).release();

    assertEquals(List.of("other"), granted);
  }

  @Test
  void noClientFillsTheQueue() {
    Share share = new Share(1, 6);
    assertEquals(1, takeAll(share, "one"));

    int waiting = 0;
    while (share.await("greedy", permits::add) != null) {
      waiting++;
    }

    assertEquals(4, waiting);
    assertFalse(share.hasPlace("greedy"));
    assertTrue(share.hasPlace("other"));
  }
}
