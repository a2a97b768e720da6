package narthex.maintain;

import java.io.IOException;
import narthex.db.PinRow;
import narthex.nix.StorePathHash;

/** A store path isn't deleted, because a pin keeps it. The message is one line for the client. */
public final class PathPinnedException extends IOException {
  private static final long serialVersionUID = 1L;

  PathPinnedException(StorePathHash path, PinRow pin) {
    super(line(path, pin));
  }

  private static String line(StorePathHash path, PinRow pin) {
    String name = pin.name() == null ? "" : " (" + pin.name() + ")";
    String named = "the pin " + pin.path().text() + name;
    return pin.path().equals(path)
        ? "pinned; remove " + named + " first"
        : "needed by " + named + "; remove that pin first";
  }

  /** The line for the client; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
