/**
 * Stored NARs: publishes, opens, drops and deletes them, keeps rows and blobs consistent, and
 * notifies listeners.
 *
 * <p>May import: {@code nix}, {@code stream}, {@code blob}, {@code db} and {@code chunk}.
 *
 * <p>Glossary: to <em>publish</em> a NAR is to commit the row that refers to its blobs, after these
 * are durable. To <em>drop</em> a stored form is to delete its row because its bytes turned out to
 * be lost or damaged.
 */
@NullMarked
package narthex.store;

import org.jspecify.annotations.NullMarked;
