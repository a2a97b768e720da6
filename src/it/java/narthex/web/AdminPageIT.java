package narthex.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The page for administrators and the home page, in Debian's Chromium. After each test the browser
 * must have reported no error, and asked no other host.
 */
class AdminPageIT extends SharedServer {
  private static final String ADMIN = "admin-0123456789";
  private static final int WIDE = 1280;
  private static final int NARROW = 400;
  private static final int HEIGHT = 900;
  private static final double PATIENCE_MILLIS = 15_000;

  /** Most presses of Tab until a control must have the focus. */
  private static final int MOST_TABS = 40;

  private final List<String> troubles = new ArrayList<>();
  private final ExecutorService clients = Executors.newSingleThreadExecutor();

  @SuppressWarnings("NullAway.Init") // JUnit calls openBrowser first
  private Playwright playwright;

  @SuppressWarnings("NullAway.Init")
  private Browser browser;

  @SuppressWarnings("NullAway.Init")
  private BrowserContext context;

  @SuppressWarnings("NullAway.Init")
  private Page page;

  AdminPageIT() {
    super(
        Map.of(
            "narthex.token.admin", ADMIN,
            "narthex.delete.enabled", "true",
            "narthex.cdc.mode", "eager"));
  }

  @BeforeAll
  void openBrowser() {
    PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(Path.of("/usr/bin/chromium"))
                    .setArgs(List.of("--no-sandbox", "--headless=new")));
  }

  @AfterAll
  void closeBrowser() {
    clients.shutdownNow();
    browser.close();
    playwright.close();
  }

  @BeforeEach
  void openPage() {
    open(WIDE, ColorScheme.LIGHT);
  }

  private void open(int width, ColorScheme scheme) {
    open(new Browser.NewContextOptions().setViewportSize(width, HEIGHT).setColorScheme(scheme));
  }

  private void open(Browser.NewContextOptions options) {
    context = browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MILLIS);
    page = context.newPage();
    page.onConsoleMessage(
        message -> {
          if (List.of("error", "warning").contains(message.type())) {
            troubles.add(message.text());
          }
        });
    page.onPageError(troubles::add);
    page.onRequest(
        request -> {
          if (!request.url().startsWith(url()) && !request.url().startsWith("data:")) {
            troubles.add("asked for " + request.url());
          }
        });
  }

  @AfterEach
  void nothingWentWrong() {
    context.close();
    assertEquals(List.of(), troubles);
  }

  private String url() {
    return "http://127.0.0.1:" + http.port();
  }

  private void logIn() {
    page.navigate(url() + "/admin/");
    page.getByLabel("Admin token").fill(ADMIN);
    button("Log in").click();
    assertThat(page.getByText("Hit rate, last hour")).isVisible();
  }

  private Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  private Sample stored(long seed) throws Exception {
    Sample sample = http.know(Sample.of(seed, Compression.XZ));
    assertEquals(200, http.get(HttpFixture.path(sample.narName())).statusCode());
    return sample;
  }

  private void assertNothingOverflows(String where) {
    Object excess =
        page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assertEquals(0, excess, where);
  }

  /** Presses Tab until the focused control has this text, label or value. */
  private void tabTo(String text) {
    String name = "";
    for (int i = 0; i < MOST_TABS; i++) {
      page.keyboard().press("Tab");
      name =
          (String)
              page.evaluate(
                  "(e => (e.labels?.[0]?.textContent || e.getAttribute('aria-label')"
                      + " || e.textContent || '').trim())(document.activeElement)");
      if (name.equals(text)) {
        return;
      }
    }
    throw new AssertionError("no focus on " + text + ", last on " + name);
  }

  @Test
  void anAdministratorLogsInAndSeesADownloadInProgress() throws Exception {
    Sample sample = http.know(Sample.of(1, Compression.XZ));
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
    Future<?> download =
        clients.submit(() -> http.get(HttpFixture.path(sample.narName())).statusCode());
    try {
      gate.awaitArrivals(1, Duration.ofSeconds(20));
      page.navigate(url() + "/admin/");
      page.getByLabel("Admin token").fill("not-the-token");
      button("Log in").click();
      assertThat(page.getByRole(AriaRole.ALERT))
          .containsText("The server does not know this token.");
      page.getByLabel("Admin token").fill(ADMIN);
      button("Log in").click();

      assertThat(page.locator(".flight .name")).hasText(sample.narInfo().storePath().name());
      assertThat(page.locator(".flight")).containsText("from 127.0.0.1");
      assertThat(page.getByRole(AriaRole.IMG, named("Requests in the last hour"))).isVisible();
    } finally {
      gate.open();
      assertEquals(200, download.get());
    }
    assertThat(page.getByText("Nothing is coming in right now.")).isVisible();
    button("Log out").click();
    assertThat(page.getByLabel("Admin token")).isVisible();
  }

  private static Page.GetByRoleOptions named(String start) {
    return new Page.GetByRoleOptions().setName(start);
  }

  @Test
  void aPathIsSearchedPinnedVerifiedAndDeleted() throws Exception {
    Sample sample = stored(2);
    String name = sample.narInfo().storePath().name();
    logIn();

    page.getByRole(AriaRole.SEARCHBOX).fill(name.substring(0, name.length() - 1));
    page.keyboard().press("Enter");
    page.getByRole(AriaRole.TABLE).getByText(name, exact()).click();
    assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setLevel(1)))
        .hasText(name);
    assertThat(page.getByText("NAR, unpacked")).isVisible();
    assertThat(page.getByText("shared with other NARs")).isVisible();

    button("Verify").click();
    assertThat(page.locator(".result")).containsText("every byte is right");
    button("Pin").click();
    page.getByLabel("Name (optional)").fill("release-1");
    page.locator("dialog").getByText("Pin", exact()).click();
    assertThat(button("Unpin")).isVisible();
    assertThat(page.locator(".facts")).containsText("release-1");

    button("Delete").click();
    page.locator("dialog .danger").click();
    assertThat(page.locator(".result")).containsText("pinned");
    troubles.removeIf(line -> line.contains("409")); // what a pin refuses
    button("Unpin").click();
    assertThat(button("Pin")).isVisible();
    button("Delete").click();
    page.locator("dialog .danger").click();
    assertThat(page.getByRole(AriaRole.HEADING, named("Paths"))).isVisible();
    assertEquals(
        404,
        http.get("/admin/paths/" + sample.hash().text(), "Authorization", "Bearer " + ADMIN)
            .statusCode());
  }

  private static Locator.GetByTextOptions exact() {
    return new Locator.GetByTextOptions().setExact(true);
  }

  @Test
  void thePageWorksWithTheKeyboardAlone() throws Exception {
    Sample sample = stored(3);
    page.navigate(url() + "/admin/");
    assertThat(page.getByLabel("Admin token")).isFocused();
    page.keyboard().type(ADMIN);
    page.keyboard().press("Enter");
    assertThat(page.getByText("Hit rate, last hour")).isVisible();

    page.keyboard().press("/");
    page.keyboard().type(sample.hash().text());
    page.keyboard().press("Enter");
    assertThat(page.getByText("1 path found.").first()).isVisible();
    tabTo(sample.narInfo().storePath().name());
    page.keyboard().press("Enter");
    assertThat(button("Verify")).isVisible();
    page.locator(".skip").focus();
    page.keyboard().press("Enter");
    tabTo("Verify");
    page.keyboard().press("Enter");
    assertThat(page.locator(".result")).containsText("every byte is right");
    tabTo("Delete");
    page.keyboard().press("Enter");
    assertThat(page.locator("dialog")).isVisible();
    page.keyboard().press("Escape");
    assertThat(page.locator("dialog")).hasCount(0);
  }

  @Test
  void anAccountThatTheBrowserKnowsNeedsNoToken() throws Exception {
    Sample sample = stored(5);
    context.close();
    open(
        new Browser.NewContextOptions()
            .setViewportSize(WIDE, HEIGHT)
            .setHttpCredentials("keeper", ADMIN));
    page.navigate(url() + "/admin/login");
    assertThat(page.getByText("Hit rate, last hour")).isVisible();
    assertThat(button("Log out")).isHidden();

    page.navigate(url() + "/admin/#/path/" + sample.hash().text());
    button("Verify").click();
    assertThat(page.locator(".result")).containsText("every byte is right");
    button("Pin").click();
    page.locator("dialog .primary").click();
    assertThat(button("Unpin")).isVisible();
  }

  @Test
  void nothingOverflowsOnANarrowScreen() throws Exception {
    Sample sample = stored(4);
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      context.close();
      open(NARROW, scheme);
      page.navigate(url() + "/");
      assertThat(page.getByText("Use it on NixOS")).isVisible();
      assertNothingOverflows("home page");
      page.navigate(url() + "/admin/");
      assertNothingOverflows("log in");
      logIn();
      assertThat(page.getByText("All NARs, unpacked")).isVisible();
      assertNothingOverflows("overview");
      page.navigate(url() + "/admin/#/paths");
      assertThat(page.getByRole(AriaRole.TABLE)).isVisible();
      assertNothingOverflows("paths");
      page.navigate(url() + "/admin/#/path/" + sample.hash().text());
      assertThat(button("Verify")).isVisible();
      assertNothingOverflows("path");
    }
    assertTrue(troubles.isEmpty(), troubles.toString());
  }

  @Test
  void aLinkCanNotLeadThePageToOtherUrls() {
    logIn();
    List<String> asked = new ArrayList<>();
    page.onRequest(request -> asked.add(request.url()));

    for (String link : List.of("..%2F..%2Fnix-cache-info", "x%3Forder=used", "%")) {
      page.navigate(url() + "/admin/#/path/" + link);
      assertThat(page.getByText("Hit rate, last hour")).isVisible();
    }

    assertFalse(asked.stream().anyMatch(each -> each.contains("path")), asked.toString());
    assertFalse(asked.stream().anyMatch(each -> each.contains("nix-cache")), asked.toString());
  }

  @Test
  void whatADirectoryOffersForDownloadIsDownloaded() throws Exception {
    byte[] nar = NarTree.directory(Map.of("page.html", NarTree.file("<p>hello"))).nar();
    Sample sample = http.know(Sample.of("site", nar, Compression.XZ));
    page.navigate(url() + "/serve/" + sample.hash().text() + "/");

    Download download = page.waitForDownload(() -> page.getByText("page.html").click());

    assertEquals("<p>hello", Files.readString(download.path()));
  }
}
