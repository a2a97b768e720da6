package narthex.container;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** The WAR that the build has made, and its URL when it is deployed. */
public final class BuiltWar {

  private static final String WEB_XML = "WEB-INF/web.xml";

  private BuiltWar() {}

  /** The WAR, unchanged. Its name decides the context path: {@code ROOT.war} is {@code /}. */
  public static WebArchive named(String name) {
    return ShrinkWrap.create(ZipImporter.class, name)
        .importFrom(new File(System.getProperty("it.war")))
        .as(WebArchive.class);
  }

  /** The WAR with an additional servlet of the tests, mapped to a pattern. */
  static WebArchive withServlet(String name, Class<?> servlet, String pattern) {
    WebArchive war = named(name).addClass(servlet);
    String mapping =
        """
          <servlet>
            <servlet-name>test-only</servlet-name>
            <servlet-class>%s</servlet-class>
          </servlet>
          <servlet-mapping>
            <servlet-name>test-only</servlet-name>
            <url-pattern>%s</url-pattern>
          </servlet-mapping>
        </web-app>\
        """
            .formatted(servlet.getName(), pattern);
    String text;
    try (InputStream in = war.get(WEB_XML).getAsset().openStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new IllegalStateException(unreadable);
    }
    war.delete(WEB_XML);
    war.add(new StringAsset(text.replace("</web-app>", mapping)), WEB_XML);
    return war;
  }

  /** A file of server-configs; the build runs in the project folder. */
  static File serverConfig(String path) {
    return new File("server-configs", path);
  }

  /** The port of the server under test. */
  static int port() {
    return Integer.getInteger("it.http.port");
  }

  /** The URI of a path that starts with the context path. */
  public static URI at(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }
}
