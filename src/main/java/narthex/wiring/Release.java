package narthex.wiring;

import jakarta.enterprise.context.Dependent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** Which release of Narthex this is, as the build wrote it down. Immutable. */
@Dependent
public final class Release {

  private final String version;

  /** Reads what the build left beside the classes. */
  public Release() {
    Properties facts = new Properties();
    try (InputStream in =
        Objects.requireNonNull(Release.class.getResourceAsStream("/narthex/release.properties"))) {
      facts.load(in);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    version = facts.getProperty("version", "unknown");
  }

  /** The version in the build file, for example {@code 1.2.0}. */
  public String version() {
    return version;
  }
}
