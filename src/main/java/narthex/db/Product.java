package narthex.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** The databases that Narthex knows. */
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

  /** Returns the product whose URLs start like this one. */
  static Optional<Product> ofUrl(String url) {
    for (Product product : values()) {
      if (url.startsWith(product.urlPrefix)) {
        return Optional.of(product);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the product at the other end of a connection.
   *
   * @throws DatabaseException if it is none that Narthex knows
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
