/**
 * Rows: what upstreams said, what is stored, and under which file names; with their migrations and
 * transactions. The only package that sees MyBatis. May import {@code nix} and {@code blob}.
 */
@org.jspecify.annotations.NullMarked
package narthex.db;
