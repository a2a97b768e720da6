package narthex.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** The supported databases. */
enum Product {
  SQLITE("SQLite", "jdbc:sqlite:", "org.sqlite.JDBC", 4),
  POSTGRESQL("PostgreSQL", "jdbc:postgresql:", "org.postgresql.Driver", 16);

  private final String productName;
  private final String urlPrefix;
  private final String driverClass;
  private final int poolSize;

  Product(String productName, String urlPrefix, String driverClass, int poolSize) {
    this.productName = productName;
    this.urlPrefix = urlPrefix;
    this.driverClass = driverClass;
    this.poolSize = poolSize;
  }

  /** Finds the product by the prefix of a JDBC URL. */
  static Optional<Product> ofUrl(String url) {
    for (Product product : values()) {
      if (url.startsWith(product.urlPrefix)) {
        return Optional.of(product);
      }
    }
    return Optional.empty();
  }

  /**
   * The product that a connection is to.
   *
   * @throws DatabaseException if it isn't supported
   */
  static Product of(Connection connection, String place) throws SQLException, DatabaseException {
    String name = connection.getMetaData().getDatabaseProductName();
    for (Product product : values()) {
      if (product.productName.equals(name)) {
        return product;
      }
    }
    throw new DatabaseException(
        "open database", place, name + " is not supported: use SQLite or PostgreSQL", null);
  }

  String urlPrefix() {
    return urlPrefix;
  }

  String driverClass() {
    return driverClass;
  }

  int poolSize() {
    return poolSize;
  }
}
