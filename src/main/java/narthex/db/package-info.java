/**
 * The database: rows of narinfos, file names, stored NARs, chunks, documents and garbage, with
 * migrations and transactions. The only package that uses MyBatis. May import {@code nix} and
 * {@code blob}.
 */
@org.jspecify.annotations.NullMarked
package narthex.db;
