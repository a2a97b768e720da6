package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What every substituted closure must pass. */
final class Substitution {
  private Substitution() {}

  /** Every path of the closure is there, its files hash to the right NarHash, and Nix agrees. */
  static void assertComplete(NixClient client, Closure closure) {
    assertEquals(closure.narHashes(), client.narHashes(closure.paths()));
    Command.Outcome verified = client.verifyContents().expectSuccess();
    assertEquals(false, verified.errors().contains("modified"), verified.toString());
  }
}
