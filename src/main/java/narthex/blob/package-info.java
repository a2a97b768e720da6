/**
 * Immutable objects by key, and the extents and manifests over them. Imports the JDK only.
 *
 * <p>Glossary: a <em>blob</em> is an immutable object; a <em>sink</em> writes one; a <em>spool</em>
 * is a local file that may become one; an <em>extent</em> is a range of a blob; a <em>manifest</em>
 * is the ordered extents of one representation of a NAR, finished or still growing.
 */
@NullMarked
package narthex.blob;

import org.jspecify.annotations.NullMarked;
