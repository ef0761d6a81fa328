package io.github.attention4j.viz.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;

/**
 * A real Chromium without a window, where one is installed with its driver; else the test is
 * skipped.
 */
final class Browser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Selenium warns of a DevTools version newer than its own; nothing here uses DevTools. */
  private static final Logger DEV_TOOLS = Logger.getLogger("org.openqa.selenium.devtools");

  static {
    DEV_TOOLS.setLevel(Level.SEVERE);
  }

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  static Browser open(Path profile) {
    Optional<Path> chromium = Programs.find("chromium", "chromium-browser", "google-chrome");
    Optional<Path> chromedriver = Programs.find("chromedriver");
    assumeTrue(
        chromium.isPresent() && chromedriver.isPresent(),
        "chromium and chromedriver are not installed");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.orElseThrow().toFile());
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,1100",
        "--user-data-dir=" + profile);
    options.setCapability("goog:loggingPrefs", Map.of(LogType.BROWSER, "ALL"));
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(chromedriver.orElseThrow().toFile())
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  /** Opens a file at a place and waits until the view is drawn. */
  void show(Path file, String place) {
    driver.get("about:blank");
    driver.get(file.toUri() + place);
    await("return document.documentElement.dataset.drawn !== undefined");
  }

  /** Opens any file. */
  void load(Path file) {
    driver.get(file.toUri().toString());
  }

  /** Does something that draws the page anew, and waits for it. */
  void after(Runnable action) {
    Object turn = script("return document.documentElement.dataset.turn");
    action.run();
    await("return document.documentElement.dataset.turn !== arguments[0]", turn);
  }

  /** Waits until a script returns true. */
  void await(String condition, Object... arguments) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Boolean.TRUE.equals(script(condition, arguments))) {
      assertTrue(System.nanoTime() < end, () -> "waited in vain for: " + condition);
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }

  Object script(String text, Object... arguments) {
    Object result = driver.executeScript(text, arguments);
    return result == null ? "" : result;
  }

  double number(String text) {
    return ((Number) script(text)).doubleValue();
  }

  WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  List<WebElement> all(String css) {
    return driver.findElements(By.cssSelector(css));
  }

  String hash() {
    return String.valueOf(script("return location.hash"));
  }

  /** How many pixels of a canvas differ from its first one. */
  double painted(String css) {
    return number(
        "const c = document.querySelector('"
            + css
            + "'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
            + " for (let i = 4; i < d.length; i += 4) if (d[i] !== d[0] || d[i + 1] !== d[1] || d[i + 2]"
            + " !== d[2] || d[i + 3] !== d[3]) n++; return n;");
  }

  /**
   * Fails if the page said anything went wrong, a breach of its Content-Security-Policy included.
   */
  void assertNoErrors() {
    List<String> errors =
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
            .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
            .map(Object::toString)
            .toList();
    assertEquals(List.of(), errors);
  }

  void resize(int width, int height) {
    driver.manage().window().setSize(new org.openqa.selenium.Dimension(width, height));
  }

  void screenshot(Path file) throws java.io.IOException {
    Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
