/**
 * What is stored of NARs, rows and blobs together: publish, open, drop, delete, and tell who wants
 * to know. May import {@code nix}, {@code stream}, {@code blob}, {@code db} and {@code chunk}.
 *
 * <p>Glossary: to <em>publish</em> a NAR is to commit the row that names its blobs, after these are
 * durable; to <em>drop</em> a stored form is to delete its row because its bytes turned out lost or
 * damaged.
 */
@NullMarked
package narthex.store;

import org.jspecify.annotations.NullMarked;
