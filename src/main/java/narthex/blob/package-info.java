/**
 * The store of immutable blobs, and extents and manifests that refer to them. The blobs are in a
 * directory, or in an S3 bucket; only the store of the latter imports the AWS SDK, and Failsafe.
 *
 * <p>Glossary: a <em>blob</em> is an immutable object with a key; a <em>sink</em> writes a blob; a
 * <em>spool</em> is a local temporary file that may become a blob; an <em>extent</em> is a range of
 * a blob; a <em>manifest</em> is the ordered extents of one representation of a NAR, finished or
 * still growing.
 */
@NullMarked
package narthex.blob;

import org.jspecify.annotations.NullMarked;
