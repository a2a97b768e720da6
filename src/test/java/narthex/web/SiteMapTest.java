package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class SiteMapTest {
  private static final Path SITE_MAP = Path.of("webapp", "WEB-INF", "web.xml");

  @Test
  void theFirstFilterPutsTheSiteOnEveryRequest() throws Exception {
    Document map =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(SITE_MAP.toFile());
    Element filter = (Element) map.getElementsByTagName("filter").item(0);
    Element mapping = (Element) map.getElementsByTagName("filter-mapping").item(0);

    assertEquals(List.of(SiteFilter.class.getName()), texts(filter, "filter-class"));
    assertEquals(texts(filter, "filter-name"), texts(mapping, "filter-name"));
    assertEquals(List.of("/*"), texts(mapping, "url-pattern"));
    assertEquals(List.of("REQUEST", "ASYNC"), texts(mapping, "dispatcher"));
  }

  private static List<String> texts(Element parent, String name) {
    NodeList found = parent.getElementsByTagName(name);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(found.item(i).getTextContent());
    }
    return texts;
  }
}
