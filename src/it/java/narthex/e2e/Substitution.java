package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Assertions for every substituted closure. */
final class Substitution {
  private Substitution() {}

  /**
   * The client has every path of the closure with the right NarHash, and Nix verifies the contents.
   */
  static void assertComplete(NixClient client, Closure closure) {
    assertEquals(closure.narHashes(), client.narHashes(closure.paths()));
    Command.Outcome verified = client.verifyContents().expectSuccess();
    assertEquals(false, verified.errors().contains("modified"), verified.toString());
  }
}
