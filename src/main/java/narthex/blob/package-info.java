/**
 * The store of immutable blobs, and extents and manifests that refer to them. Imports the JDK only.
 *
 * <p>Glossary: a <em>blob</em> is an immutable object with a key; a <em>sink</em> writes a blob; a
 * <em>spool</em> is a local temporary file that may become a blob; an <em>extent</em> is a range of
 * a blob; a <em>manifest</em> is the ordered extents of one representation of a NAR, finished or
 * still growing.
 */
@NullMarked
package narthex.blob;

import org.jspecify.annotations.NullMarked;
