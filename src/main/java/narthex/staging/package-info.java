/**
 * Tracks the NARs that are being brought in, in this process and on the other replicas. Imports
 * {@code nix} and {@code blob}.
 *
 * <p>Glossary: a <em>flight</em> is one NAR file that is being fetched or uploaded, known by its
 * NAR or by its name alone; its <em>holder</em> is the thread, and among replicas the replica, that
 * claimed it first; a <em>follower</em> is a replica that serves it meanwhile. The registry is a
 * hint that saves work: two flights of one NAR cost bandwidth, never data.
 */
@NullMarked
package narthex.staging;

import org.jspecify.annotations.NullMarked;
