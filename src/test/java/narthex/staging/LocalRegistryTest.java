package narthex.staging;

import java.time.InstantSource;

/** Replicas in one process. */
class LocalRegistryTest extends InFlightRegistryContract {
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());

  @Override
  InFlightRegistry join(String name) {
    return new LocalRegistry(board, name);
  }
}
