package narthex.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of packages in the design: who may import whom, and which library belongs to whom.
 *
 * <p>Where it deviates from the design's own table, and why:
 *
 * <ul>
 *   <li>{@code nix} sees Bouncy Castle's low-level Ed25519, which signs many times faster than the
 *       JDK's.
 *   <li>{@code nix} sees Jackson, which reads and writes the JSON documents of the protocol.
 *   <li>{@code nix} holds URLs and patterns of host names, which settings and {@code upstream}
 *       share.
 *   <li>{@code document} sees {@code upstream}: the fetch of a document is part of it, as the whole
 *       way in is.
 *   <li>{@code standalone} exists: the launcher of {@code java -jar} with its embedded server,
 *       which is no part of the deployed application. It reads the settings, and {@code wiring}'s
 *       release, number of request threads and offline jobs. Its commands see Jackson and the JDK's
 *       HTTP client: they talk to a server with {@code nix} and no other class of the application.
 *   <li>{@code wiring} holds the CDI producer and the servlet listeners that start and stop.
 *   <li>{@code staging} sees RxJava only to stop its threads, which Infinispan starts.
 *   <li>{@code staging} sees Bouncy Castle's Ed25519, for the identity of a cluster; and it gets
 *       the database's {@code DataSource} by way of {@code wiring}, for JGroups to find members in.
 *   <li>{@code metrics} exists: the only package that sees Micrometer. It reads the figures of the
 *       others, or is told of events through their observers.
 * </ul>
 */
class PackageTableTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("narthex");

  private static final String[] JDK = {"java..", "javax..", "org.jspecify.annotations.."};

  /** A package, the packages that it may import, and the libraries that it may use. */
  private enum Row {
    NIX(
        List.of(),
        "org.bouncycastle.crypto..",
        "org.bouncycastle.math.ec.rfc8032..",
        "com.fasterxml.jackson.."),
    STREAM(
        List.of("nix"),
        "com.github.luben.zstd..",
        "org.apache.commons.compress..",
        "org.brotli.dec..",
        "com.aayushatharva.brotli4j..",
        "org.tukaani.xz.."),
    BLOB(
        List.of(),
        "software.amazon.awssdk..",
        "com.github.benmanes.caffeine.cache..",
        "dev.failsafe.."),
    DB(
        List.of("nix", "blob"),
        "org.apache.ibatis..",
        "com.zaxxer.hikari..",
        "org.sqlite..",
        "dev.failsafe.."),
    UPSTREAM(
        List.of("nix", "stream"),
        "org.apache.hc..",
        "com.github.benmanes.caffeine.cache..",
        "dev.failsafe.."),
    CHUNK(List.of("nix", "stream", "blob", "db")),
    STAGING(
        List.of("nix", "blob"),
        "org.infinispan..",
        "org.jgroups..",
        "io.reactivex..",
        "org.bouncycastle.math.ec.rfc8032.."),
    STORE(List.of("nix", "stream", "blob", "db", "chunk"), "com.github.benmanes.caffeine.cache.."),
    INGEST(
        List.of("nix", "stream", "blob", "db", "chunk", "upstream", "staging", "store"),
        "com.github.benmanes.caffeine.cache.."),
    SERVE(
        List.of("nix", "stream", "blob", "db", "chunk", "staging", "store", "ingest"),
        "com.github.benmanes.caffeine.cache.."),
    DOCUMENT(
        List.of(
            "nix",
            "stream",
            "blob",
            "db",
            "chunk",
            "upstream",
            "staging",
            "store",
            "ingest",
            "serve")),
    MAINTAIN(
        List.of("nix", "stream", "blob", "db", "chunk", "upstream", "staging", "store", "ingest")),
    WEB(
        List.of("nix", "stream", "serve", "document", "ingest", "maintain"),
        "jakarta.servlet..",
        "jakarta.inject.."),
    METRICS(
        List.of("nix", "stream", "blob", "db", "upstream", "maintain", "web"), "io.micrometer.."),
    SETTINGS(List.of("nix", "stream"), "io.smallrye.config..", "org.eclipse.microprofile.config.."),
    WIRING(
        List.of(
            "nix",
            "stream",
            "blob",
            "db",
            "chunk",
            "upstream",
            "staging",
            "store",
            "ingest",
            "serve",
            "document",
            "maintain",
            "web",
            "metrics",
            "settings"),
        "jakarta.enterprise..",
        "jakarta.inject..",
        "jakarta.servlet..",
        "org.jboss.weld.."),
    STANDALONE(
        List.of("nix", "wiring", "settings"),
        "jakarta.servlet..",
        "org.apache.catalina..",
        "org.apache.coyote..",
        "org.apache.tomcat..",
        "picocli..",
        "com.fasterxml.jackson.core..",
        "com.sun.management..");

    private final List<String> ours;
    private final List<String> libraries;

    Row(List<String> ours, String... libraries) {
      this.ours = ours;
      this.libraries = List.of(libraries);
    }

    String simpleName() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    String packages() {
      return "narthex." + simpleName() + "..";
    }

    String[] allowed() {
      Stream<String> imported = ours.stream().map(name -> "narthex." + name + "..");
      return Stream.of(Stream.of(packages()), Arrays.stream(JDK), imported, libraries.stream())
          .flatMap(names -> names)
          .toArray(String[]::new);
    }
  }

  /**
   * Library packages that only some of our packages may use.
   *
   * @param seen package patterns of the library
   * @param by simple names of our packages
   */
  private record Reserved(List<String> seen, String... by) {
    String[] others() {
      Set<String> seeing = Set.of(by);
      return Arrays.stream(Row.values())
          .filter(row -> !seeing.contains(row.simpleName()))
          .map(Row::packages)
          .toArray(String[]::new);
    }
  }

  static Stream<Reserved> reserved() {
    return Stream.of(
        new Reserved(List.of("jakarta.servlet.."), "web", "wiring", "standalone"),
        new Reserved(List.of("org.apache.ibatis..", "java.sql.."), "db"),
        new Reserved(List.of("javax.sql.."), "db", "wiring", "staging"),
        new Reserved(List.of("software.amazon.awssdk.."), "blob"),
        new Reserved(List.of("org.apache.hc.."), "upstream"),
        new Reserved(List.of("java.net.http.."), "upstream", "standalone"),
        new Reserved(
            List.of("io.micrometer..", "io.prometheus..", "io.opentelemetry.."), "metrics"),
        new Reserved(List.of("org.infinispan..", "org.jgroups.."), "staging"));
  }

  @ParameterizedTest
  @EnumSource
  void aPackageImportsWhatItsRowSays(Row row) {
    classes()
        .that()
        .resideInAPackage(row.packages())
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(row.allowed())
        .check(OURS);
  }

  @ParameterizedTest
  @MethodSource
  void reserved(Reserved reserved) {
    noClasses()
        .that()
        .resideInAnyPackage(reserved.others())
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(reserved.seen().toArray(String[]::new))
        .check(OURS);
  }

  @Test
  void onlyTheListenersOfWiringSeeServlets() {
    noClasses()
        .that()
        .resideInAPackage("narthex.wiring..")
        .and()
        .haveNameNotMatching(".*\\.(CdiBootstrap|ServerLifecycle)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jakarta.servlet..")
        .check(OURS);
  }

  /**
   * A package imports only those of its row, and these stand before it: so there are no circles.
   */
  @ParameterizedTest
  @EnumSource
  void thereAreNoCircles(Row row) {
    List<String> before =
        Arrays.stream(Row.values()).takeWhile(other -> other != row).map(Row::simpleName).toList();

    assertEquals(List.of(), row.ours.stream().filter(name -> !before.contains(name)).toList());
  }

  @Test
  void everyPackageHasARow() {
    Set<String> rows =
        Arrays.stream(Row.values())
            .map(row -> "narthex." + row.simpleName())
            .collect(Collectors.toCollection(TreeSet::new));

    Set<String> packages =
        OURS.stream()
            .map(ours -> ours.getPackageName())
            .filter(name -> !name.equals("narthex"))
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(rows, packages);
  }
}
