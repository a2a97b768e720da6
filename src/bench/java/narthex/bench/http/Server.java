package narthex.bench.http;

import java.time.Duration;

/** A running server that answers on a port of this machine. */
interface Server {
  /** Its port. */
  int port();

  /** CPU time that all its processes have used. */
  Duration processorTime();
}
