package narthex.settings;

import java.util.ArrayList;
import java.util.List;

/** Prints the {@link SettingTable} as documentation. */
public final class SettingPages {
  private static final int WIDTH = 96;

  private SettingPages() {}

  /** Returns the list of settings for {@code --help}. */
  public static String printHelp() {
    StringBuilder page = new StringBuilder();
    for (Setting<?> setting : SettingTable.all()) {
      page.append(setting.name()).append('\n');
      wrap(setting.description(), page, "    ");
      wrap(facts(setting), page, "    ");
      page.append("    environment: ").append(setting.environmentName()).append('\n');
    }
    return page.toString();
  }

  /**
   * Returns the text of {@code server-configs/narthex.properties}: every setting but {@code
   * narthex.config-file}, commented out.
   */
  public static String printProperties() {
    StringBuilder page = new StringBuilder();
    wrap(
        "Settings of Narthex. The values below are the defaults. Each setting can also be an"
            + " environment variable (NARTHEX_CDC_MODE for narthex.cdc.mode) or a system property"
            + " (-Dnarthex.cdc.mode=off). System properties override environment variables, and"
            + " environment variables override this file. An empty value means not set, except for"
            + " narthex.upstreams. An unknown setting or a malformed value stops the start."
            + " This file is generated from the table of settings in the source.",
        page,
        "# ");
    for (Setting<?> setting : SettingTable.all()) {
      if (setting == ServerSettings.CONFIG_FILE) {
        continue;
      }
      page.append('\n');
      wrap(setting.description(), page, "# ");
      wrap("(" + facts(setting) + ")", page, "# ");
      page.append('#').append(setting.name()).append('=').append(setting.defaultText());
      page.append('\n');
    }
    return page.toString();
  }

  private static String facts(Setting<?> setting) {
    String none = setting.isPositional() ? "as for all upstreams" : "none";
    String text = setting.defaultText().isEmpty() ? none : setting.defaultText();
    return setting.type().name()
        + ": "
        + setting.type().allowed()
        + "; default: "
        + (setting == UpstreamSettings.UPSTREAM_PRIORITY
            ? "the Priority in its nix-cache-info"
            : text);
  }

  private static void wrap(String text, StringBuilder page, String indent) {
    List<String> line = new ArrayList<>();
    int length = 0;
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && indent.length() + length + word.length() > WIDTH) {
        page.append(indent).append(String.join(" ", line)).append('\n');
        line.clear();
        length = 0;
      }
      line.add(word);
      length += word.length() + 1;
    }
    page.append(indent).append(String.join(" ", line)).append('\n');
  }
}
