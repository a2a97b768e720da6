/**
 * Background chores and deletion: deletes store paths and NARs, sweeps unreferenced NARs, deletes
 * garbage, evicts NARs near a limit of space, checks and repairs the store, cuts whole files into
 * chunks.
 *
 * <p>May import: {@code nix}, {@code stream}, {@code blob}, {@code db}, {@code chunk}, {@code
 * upstream}, {@code staging}, {@code store} and {@code ingest}.
 *
 * <p>Glossary: a NAR is <em>unnamed</em> if no narinfo references it. To <em>sweep</em> is to
 * delete unnamed NARs. To <em>evict</em> is to drop the stored forms of a NAR that can be fetched
 * again. <em>Garbage</em> is blobs that no row refers to. A <em>chore</em> is one kind of
 * background work.
 */
@NullMarked
package narthex.maintain;

import org.jspecify.annotations.NullMarked;
