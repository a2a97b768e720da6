package narthex.wiring;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** The release of Narthex, as recorded by the build. Immutable. */
public final class Release {

  private final String version;

  /** Reads {@code release.properties} from the class path. */
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

  /** Returns the version in the build file, such as {@code 1.2.0}. */
  public String version() {
    return version;
  }
}
