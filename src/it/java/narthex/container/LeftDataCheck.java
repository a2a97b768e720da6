package narthex.container;

import java.io.IOException;
import java.nio.file.Path;
import narthex.wiring.StoppedStore;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Checks the data folder of the server under test, which no deployment uses any more. */
final class LeftDataCheck implements AfterAllCallback {
  /** The folder in arquillian.xml. */
  static Path data() {
    return Path.of(System.getProperty("it.data"), System.getProperty("arquillian.launch"));
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    StoppedStore.assertSound(data());
  }
}
