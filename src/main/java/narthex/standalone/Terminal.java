package narthex.standalone;

import java.io.Console;
import org.jspecify.annotations.Nullable;

/** Whether a person looks at the output. */
final class Terminal {
  private Terminal() {}

  /** Returns whether input and output are a terminal. */
  static boolean isPresent() {
    return isTerminal(System.console());
  }

  /** Since Java 22, there is a console even without a terminal. */
  private static boolean isTerminal(@Nullable Console console) {
    try {
      return console != null && (Boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException older) {
      return console != null;
    } catch (ReflectiveOperationException unknown) {
      return false;
    }
  }
}
