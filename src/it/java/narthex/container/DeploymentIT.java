package narthex.container;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** The unchanged WAR, deployed at the context paths that operators use. */
@InApplicationServer
class DeploymentIT {

  private static final String ROOT = "root";
  private static final String PATH = "path";

  private final HttpClient http = HttpClient.newHttpClient();

  @ArquillianResource private Deployer deployer;

  @Deployment(name = ROOT, managed = false, testable = false)
  static WebArchive atTheRoot() {
    return BuiltWar.named("ROOT.war");
  }

  @Deployment(name = PATH, managed = false, testable = false)
  static WebArchive underAPath() {
    return BuiltWar.named("narthex.war");
  }

  @Test
  void answersAtTheRoot() throws Exception {
    deployer.deploy(ROOT);
    try {
      assertAnswers("");
    } finally {
      deployer.undeploy(ROOT);
    }
  }

  @Test
  void answersUnderAContextPath() throws Exception {
    deployer.deploy(PATH);
    try {
      assertAnswers("/narthex");
    } finally {
      deployer.undeploy(PATH);
    }
  }

  private void assertAnswers(String contextPath) throws IOException, InterruptedException {
    HttpResponse<String> health = ask("GET", contextPath + "/healthz");
    assertEquals(200, health.statusCode());
    assertEquals("ok\n", health.body());
    assertEquals("3", health.headers().firstValue("Content-Length").orElse("none"));

    HttpResponse<String> head = ask("HEAD", contextPath + "/healthz");
    assertEquals(200, head.statusCode());
    assertEquals("3", head.headers().firstValue("Content-Length").orElse("none"));

    assertEquals(404, ask("GET", contextPath + "/META-INF/MANIFEST.MF").statusCode());
    assertEquals(
        404,
        ask("GET", contextPath + "/META-INF/versions/17/narthex/standalone/Launcher.class")
            .statusCode());
  }

  private HttpResponse<String> ask(String method, String path)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(BuiltWar.at(path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, BodyHandlers.ofString());
  }
}
