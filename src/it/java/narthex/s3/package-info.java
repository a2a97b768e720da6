/** A real S3 server for tests. */
@org.jspecify.annotations.NullMarked
package narthex.s3;
