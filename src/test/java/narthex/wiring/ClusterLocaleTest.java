package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import narthex.settings.SettingsException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In which locales a replica joins a cluster. */
class ClusterLocaleTest {
  @ParameterizedTest
  @ValueSource(strings = {"fa-IR", "ar-EG", "mr-IN", "en-u-nu-arab"})
  void aLocaleWithDigitsOfItsOwnIsRefusedInOneLine(String tag) {
    SettingsException refusal =
        assertThrows(
            SettingsException.class,
            () -> ClusterAssembly.requireAsciiDigits(Locale.forLanguageTag(tag)));

    assertEquals(
        "narthex.cluster.enabled: needs numbers with ASCII digits, and the JVM prints them as in"
            + " the locale "
            + tag
            + "; start it with -Duser.language.format=en",
        refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"en", "de-AT", "tr", "ar-MA", "zh-CN", "fa-IR-u-nu-latn", "und"})
  void aLocaleWithAsciiDigitsIsAccepted(String tag) {
    assertDoesNotThrow(() -> ClusterAssembly.requireAsciiDigits(Locale.forLanguageTag(tag)));
  }
}
